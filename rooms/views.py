"""Rooms and participants as the API shows them. Pure.

Comes in: values. Goes out: shapes of `levelchat.contract.rest`.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

import msgspec

from levelchat.contract.rest import ParticipantView, RoomUrls, RoomView
from rooms.hosts import is_host
from rooms.model import SECOND, Millis, Room, Session


def instant(millis: Millis) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(millis / SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_instant(millis: Millis | None) -> str | None:
    """The same, for what has not happened yet."""
    return None if millis is None else instant(millis)


def room_urls(room: Room, base: str, media_base: str = "") -> RoomUrls:
    """Where a room is reached; *media_base* when another node than *base* has its media."""
    media = media_base or base
    return RoomUrls(
        signal=f"{'ws' + base.removeprefix('http')}/v1/signal",
        whip=f"{media}/v1/whip/{room.media_id}",
        whep=f"{media}/v1/whep/{room.media_id}",
        hls=f"{media}/live/{room.media_id}/index.m3u8",
        watch=f"{media}/watch/{room.media_id}",
        join=f"{base}/r/{room.short_code}",
    )


def room_view(room: Room, base: str, media_base: str = "") -> RoomView:
    """The room."""
    return RoomView(
        id=room.id,
        external_id=room.external_id,
        type=room.type.value,
        config=cast("dict[str, Any]", msgspec.to_builtins(room.config)),
        state=room.state.value,
        short_code=room.short_code,
        created_at=instant(room.created_at),
        scheduled_for=maybe_instant(room.scheduled_for),
        started_at=maybe_instant(room.started_at),
        ended_at=maybe_instant(room.ended_at),
        archived_at=maybe_instant(room.archived_at),
        end_reason=room.end_reason,
        urls=room_urls(room, base, media_base),
    )


def participant_views(
    room: Room, sessions: Iterable[Session], forbidden: Collection[str]
) -> list[ParticipantView]:
    """One for all sessions of a participant; *sessions* come grouped by participant."""
    grouped = groupby(sessions, key=lambda session: session.participant_id)
    return [_participant(room, list(mine), forbidden) for _, mine in grouped]


def _participant(room: Room, mine: list[Session], forbidden: Collection[str]) -> ParticipantView:
    present = [session for session in mine if session.left_at is None]
    latest = (present or mine)[-1]
    last = max(mine, key=lambda session: session.left_at or 0)
    return ParticipantView(
        id=latest.participant_id,
        identity=latest.identity,
        name=latest.name,
        capabilities=sorted({each for session in mine for each in session.capabilities}),
        transports=sorted({session.transport.value for session in present}),
        host=any(is_host(each.moderator, each.publisher, room.moderated) for each in present),
        publishing_forbidden=latest.identity in forbidden,
        joined_at=instant(min(session.joined_at for session in mine)),
        seen_at=instant(max(session.seen_at for session in mine)),
        left_at=None if present else maybe_instant(last.left_at),
        reason=None if present else last.reason,
    )
