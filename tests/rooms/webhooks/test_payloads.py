"""What webhooks are told is what docs/webhooks.md shows."""

import json
import re
from pathlib import Path

from levelchat.bus.messages import Quality, StreamStarted, StreamStopped
from levelchat.contract.rest import EVENT_TYPES
from rooms.model import Room, RoomConfig, RoomState, RoomType, Session, Transport
from rooms.webhooks import payloads

NOW = 1_790_000_000_000
HOUR = 3_600_000
ROOM = Room(
    media_id="r_01K5PT0Z8F3V6M7E0000000009",
    org_id="org_01K5PT0Z8F3V6M7E0000000002",
    project_id="prj_01K5PT0Z8F3V6M7E0000000003",
    id="r_standup",
    external_id="team-7",
    type=RoomType.MEETING,
    config=RoomConfig(max_participants=12),
    state=RoomState.ENDED,
    short_code="23456789ab",
    scheduled_for=None,
    created_at=NOW - HOUR,
    started_at=NOW - HOUR + 5_000,
    ended_at=NOW,
    archived_at=None,
    end_reason="host_left",
    moderated=True,
    deadline_at=NOW + 24 * HOUR,
)
SESSION = Session(
    id="s_01K5PT0Z8F3V6M7E0000000005",
    org_id=ROOM.org_id,
    project_id=ROOM.project_id,
    media_id=ROOM.media_id,
    participant_id="p_01K5PT0Z8F3V6M7E0000000004",
    identity="ada",
    name="Ada",
    capabilities=("publish:camera", "subscribe:all"),
    meta={"seat": "4"},
    transport=Transport.SIGNAL,
    node="node-1",
    token_id="a-token",
    moderator=False,
    publisher=True,
    joined_at=NOW - HOUR + 5_000,
    seen_at=NOW - 1_000,
    left_at=NOW - 1_000,
    reason="left",
)
AT = NOW - 500
SHOWN = {
    "room.ended": payloads.room_data(ROOM),
    "participant.left": payloads.participant_data(ROOM, SESSION),
    "stream.started": payloads.stream_data(
        ROOM, StreamStarted(ROOM.media_id, SESSION.id, "ada", ("audio", "video"), AT)
    ),
    "stream.stopped": payloads.stream_data(
        ROOM, StreamStopped(ROOM.media_id, SESSION.id, "ada", "left", AT)
    ),
    "qos.alert": payloads.quality_data(ROOM, Quality(ROOM.media_id, "ada", 212.5, 0.08, AT)),
}


def _page() -> str:
    return (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()


def test_the_documented_examples_are_what_is_sent() -> None:
    """Member for member, in order."""
    examples = {
        example["type"]: example
        for example in map(json.loads, re.findall(r"```json\n(.*?)```", _page(), re.DOTALL))
    }

    sent = {
        event_type: json.loads(
            payloads.body(
                "evt_01K5PT0Z8F3V6M7E0000000001",
                event_type,
                ROOM.org_id,
                ROOM.project_id,
                NOW,
                data,
            )
        )
        for event_type, data in SHOWN.items()
    }
    assert examples == sent
    assert json.dumps(examples) == json.dumps(sent)


def test_every_type_has_its_section() -> None:
    """Whoever asks for a type can read what it means."""
    documented = re.findall(
        r"`([a-z]+\.[a-z]+)`", "\n".join(re.findall(r"^### .*$", _page(), re.MULTILINE))
    )

    assert sorted(documented) == sorted(EVENT_TYPES)


def test_nothing_internal_is_told() -> None:
    """Neither the name on the media planes, nor join codes, tokens and nodes."""
    said = json.dumps(list(SHOWN.values()))

    for secret in (ROOM.media_id, ROOM.short_code, SESSION.token_id, SESSION.node):
        assert secret not in said
