"""What is asked of a new room."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.contract.rest import NewRoom
from rooms.config import check_id, check_new_room, parse, seats
from rooms.errors import InvalidRequest
from rooms.model import DAY, SECOND, Record, RoomConfig, RoomState, RoomType

NOW = 1_800_000_000_000  # 2027-01-15T08:00:00Z

WHOLE = {
    "max_participants": 12,
    "preferred_codec": "av1",
    "record": {"enabled": True, "retention_days": 30},
    "region_hint": "eu-west",
    "distribution_floor": "webrtc",
    "e2ee": False,
}


def test_every_key_of_the_contract_is_taken() -> None:
    """rooms.md §4: the keys of `config` are these, and are kept as they came."""
    config, flaws = parse(WHOLE, RoomType.LIVE)

    assert flaws == []
    assert config == RoomConfig(12, "av1", Record(True, 30), False, "eu-west", "webrtc")


@pytest.mark.parametrize("config", [None, {}, dict.fromkeys(WHOLE)])
def test_nothing_asked_is_nothing_set(config: dict[str, Any] | None) -> None:
    """No configuration, an empty one and nulls are the defaults."""
    assert parse(config, RoomType.MEETING) == (RoomConfig(), [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_participants", 0),
        ("max_participants", -1),
        ("max_participants", True),
        ("max_participants", 2.0),
        ("max_participants", "2"),
        ("max_participants", 10**30),
        ("preferred_codec", "h265"),
        ("preferred_codec", 1),
        ("preferred_codec", []),
        ("e2ee", 1),
        ("e2ee", "true"),
        ("region_hint", ""),
        ("region_hint", "x" * 65),
        ("region_hint", "a\0b"),
        ("region_hint", {}),
        ("distribution_floor", "hls"),
        ("record", True),
        ("record", []),
    ],
)
def test_a_wrong_value_is_named_with_its_path(key: str, value: object) -> None:
    """Each value that is not allowed is one flaw at its path."""
    _, flaws = parse({key: value}, RoomType.MEETING)

    assert [flaw.path for flaw in flaws] == [f"config.{key}"]


def test_every_flaw_is_named_at_once() -> None:
    """rooms.md §4: unknown keys are named, nested ones too, and beside them every other flaw."""
    given = {
        "max_participants": 0,
        "codec": "av1",
        "record": {"enabled": 1, "retention_days": 0, "where": "here"},
    }

    _, flaws = parse(given, RoomType.MEETING)

    assert {flaw.path for flaw in flaws} == {
        "config.max_participants",
        "config.codec",
        "config.record.enabled",
        "config.record.retention_days",
        "config.record.where",
    }


@pytest.mark.parametrize(
    ("room_type", "config"),
    [
        (RoomType.LIVE, {"e2ee": True}),
        (RoomType.WEBINAR, {"e2ee": True}),
        (RoomType.MEETING, {"e2ee": True, "record": {"enabled": True}}),
        (RoomType.ONE_TO_ONE, {"e2ee": True, "record": {"enabled": True}}),
    ],
)
def test_what_is_encrypted_end_to_end_cannot_be_packaged(
    room_type: RoomType, config: dict[str, Any]
) -> None:
    """rooms.md §11: `e2ee: true` with `live` fallback or recording is refused, and says why."""
    _, (flaw,) = parse(config, room_type)

    assert flaw.path == "config.e2ee"
    assert "E2EE rooms cannot be packaged" in flaw.message


@pytest.mark.parametrize("room_type", [RoomType.MEETING, RoomType.ONE_TO_ONE])
def test_what_is_neither_watched_nor_recorded_may_be_encrypted(room_type: RoomType) -> None:
    """`e2ee` is for rooms of which nothing is packaged."""
    config, flaws = parse({"e2ee": True, "record": {"enabled": False}}, room_type)

    assert flaws == []
    assert config.e2ee


def test_two_are_not_three() -> None:
    """A `1to1` room cannot be asked to take more than two."""
    _, flaws = parse({"max_participants": 3}, RoomType.ONE_TO_ONE)

    assert [flaw.path for flaw in flaws] == ["config.max_participants"]


@pytest.mark.parametrize(
    ("room_type", "wanted", "expected"),
    [
        (RoomType.ONE_TO_ONE, None, 2),
        (RoomType.ONE_TO_ONE, 1, 1),
        (RoomType.ONE_TO_ONE, 2, 2),
        (RoomType.ONE_TO_ONE, 9, 2),
        (RoomType.MEETING, None, None),
        (RoomType.MEETING, 9, 9),
        (RoomType.LIVE, None, None),
        (RoomType.LIVE, 25_000, 25_000),
    ],
)
def test_seats(room_type: RoomType, wanted: int | None, expected: int | None) -> None:
    """rooms.md §3: a room of two takes two at most, others what was asked for, or all."""
    assert seats(room_type, RoomConfig(max_participants=wanted)) == expected


def test_a_new_room_is_a_meeting_that_waits() -> None:
    """rooms.md §4: everything in the body is optional."""
    checked = check_new_room(NewRoom(), NOW)

    assert (checked.type, checked.config, checked.state) == (
        RoomType.MEETING,
        RoomConfig(),
        RoomState.CREATED,
    )
    assert (checked.scheduled_for, checked.id, checked.external_id) == (None, None, None)


@pytest.mark.parametrize(
    ("scheduled_for", "state"),
    [
        ("2027-01-15T08:00:00.001Z", RoomState.PENDING),
        ("2027-01-15T08:00:00Z", RoomState.CREATED),
        ("2020-01-01T00:00:00+01:00", RoomState.CREATED),
    ],
)
def test_only_a_room_scheduled_in_the_future_is_pending(
    scheduled_for: str, state: RoomState
) -> None:
    """rooms.md §2: a time that has come makes an ordinary room."""
    assert check_new_room(NewRoom(scheduled_for=scheduled_for), NOW).state is state


def test_all_that_is_wrong_with_a_room_is_said_at_once() -> None:
    """A caller who sends five wrong values hears of five."""
    wanted = NewRoom(
        id="r_",
        external_id="a\nb",
        type="party",
        config={"e2ee": "yes"},
        scheduled_for="2126-01-01T00:00:00Z",
    )

    with pytest.raises(InvalidRequest) as refused:
        check_new_room(wanted, NOW)

    assert [flaw.path for flaw in refused.value.flaws] == [
        "id",
        "external_id",
        "type",
        "config.e2ee",
        "scheduled_for",
    ]


@pytest.mark.parametrize("room_id", ["r_a", "r_A-z_0", "r_" + "x" * 64])
def test_an_app_may_pick_an_id(room_id: str) -> None:
    """rooms.md §4: `r_[A-Za-z0-9_-]{1,64}`."""
    assert check_id(room_id) == []


@pytest.mark.parametrize("room_id", ["", "r_", "a", "r_ä", "r_a\n", "r_a/b", "r_" + "x" * 65])
def test_other_ids_are_refused(room_id: str) -> None:
    """Nothing else is an id, a newline at its end included."""
    assert [flaw.path for flaw in check_id(room_id)] == ["id"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*WHOLE, "enabled", "other"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*WHOLE, "other"]), _JSON | st.just({"enabled": True})),
    st.sampled_from(RoomType),
)
def test_what_is_taken_can_be_stored(given: dict[str, Any], room_type: RoomType) -> None:
    """Whatever JSON comes: it has flaws, or is a configuration that JSON keeps as it is."""
    config, flaws = parse(given, room_type)

    assert flaws == [] or config == RoomConfig()
    assert msgspec.json.decode(msgspec.json.encode(config), type=RoomConfig) == config


@given(st.integers(-11 * 366 * DAY, 11 * 366 * DAY))
def test_a_schedule_reaches_ten_years(away: int) -> None:
    """Within about ten years a time is taken as it is, beyond it is refused."""
    moment = datetime.fromtimestamp(NOW // SECOND, UTC) + timedelta(milliseconds=away)
    try:
        checked = check_new_room(NewRoom(scheduled_for=moment.isoformat()), NOW)
    except InvalidRequest:
        assert abs(away) > 3652 * DAY
    else:
        assert checked.scheduled_for == NOW + away
        assert abs(away) < 3654 * DAY
