"""What webhooks are told: one document an event. Pure.

Comes in: values. Goes out: JSON values, as docs/webhooks.md shows them. Instants are RFC 3339 in
UTC.
"""

from typing import cast

import msgspec

from levelchat.bus.messages import Quality, StreamStarted, StreamStopped
from rooms.model import Millis, Room, Session
from rooms.views import instant, maybe_instant

Data = dict[str, object]

_encode = msgspec.json.Encoder().encode


class Event(msgspec.Struct, frozen=True):
    """The whole of a delivery's body; its bytes are made once and never change."""

    id: str
    type: str
    created_at: str
    org_id: str
    project_id: str
    data: Data


def body(
    event_id: str, event_type: str, org_id: str, project_id: str, at: Millis, data: Data
) -> str:
    """The document as it is stored, signed and sent."""
    event = Event(event_id, event_type, instant(at), org_id, project_id, data)
    return _encode(event).decode()


def room_data(room: Room) -> Data:
    """`room.created`, `room.started`, `room.ended`, `room.archived`: the room as it is now."""
    return {
        "room": {
            "id": room.id,
            "external_id": room.external_id,
            "type": room.type.value,
            "state": room.state.value,
            "config": cast("Data", msgspec.to_builtins(room.config)),
            "scheduled_for": maybe_instant(room.scheduled_for),
            "created_at": instant(room.created_at),
            "started_at": maybe_instant(room.started_at),
            "ended_at": maybe_instant(room.ended_at),
            "archived_at": maybe_instant(room.archived_at),
            "end_reason": room.end_reason,
        }
    }


def participant_data(room: Room, session: Session) -> Data:
    """`participant.joined`, `participant.left`: who, and the first or last of its connections."""
    return {
        "room": _named(room),
        "participant": {
            "id": session.participant_id,
            "identity": session.identity,
            "name": session.name,
            "capabilities": list(session.capabilities),
            "meta": dict(session.meta),
            "transport": session.transport.value,
            "joined_at": instant(session.joined_at),
            "left_at": maybe_instant(session.left_at),
            "reason": session.reason,
        },
    }


def stream_data(room: Room, report: StreamStarted | StreamStopped) -> Data:
    """`stream.started`, `stream.stopped`: whose media flows, or does no more."""
    stream: Data = {
        "session": report.session,
        "identity": report.identity,
        "at": instant(report.at),
    }
    if isinstance(report, StreamStarted):
        stream["kinds"] = list(report.kinds)
    else:
        stream["reason"] = report.reason
    return {"room": _named(room), "stream": stream}


def quality_data(room: Room, report: Quality) -> Data:
    """`qos.alert`: whose packets arrive badly, and how badly."""
    return {
        "room": _named(room),
        "quality": {
            "identity": report.identity,
            "rtt_ms": report.rtt_ms,
            "fraction_lost": report.fraction_lost,
            "at": instant(report.at),
        },
    }


def _named(room: Room) -> Data:
    return {"id": room.id, "external_id": room.external_id, "type": room.type.value}
