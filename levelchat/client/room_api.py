"""Rooms, their participants, tokens and usage by program: the calls of rooms.md §4.

Comes in: Python values. Goes out: the shapes of `levelchat.contract.rest`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from levelchat.client.caller import Caller, segment
from levelchat.contract.rest import (
    NewRoom,
    NewRoomToken,
    NewToken,
    ParticipantPage,
    ParticipantView,
    RoomPage,
    RoomView,
    TokenView,
    UsageView,
)

MAX_TTL = 3600
"""Seconds that a token lives at most (rooms.md §5)."""
PAGE = 100
"""Items of a page; rooms.md §4: "limit ≤ 100"."""


class Rooms:
    """`lc.rooms`. A room is named by its id, or by `ext:` and its external id."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the contract's word
        config: Mapping[str, Any] | None = None,
        external_id: str | None = None,
        id: str | None = None,  # noqa: A002 - the contract's word
        scheduled_for: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> RoomView:
        """A new room. With your own *idempotency_key*, the same room however often you ask."""
        wanted = NewRoom(
            id=id,
            external_id=external_id,
            type=type,
            config=None if config is None else dict(config),
            scheduled_for=instant(scheduled_for),
        )
        return await self._caller.post("/v1/rooms", wanted, RoomView, idempotency_key)

    async def get(self, room_id: str) -> RoomView:
        """The room; raises `NotFound`."""
        return await self._caller.get(_room(room_id), RoomView)

    async def list(
        self,
        *,
        state: str | None = None,
        type: str | None = None,  # noqa: A002 - the contract's word
        external_id: str | None = None,
        page: int = PAGE,
    ) -> AsyncIterator[RoomView]:
        """All rooms, newest first; asks for the next *page* when it is needed."""
        query = {"state": state, "type": type, "external_id": external_id, "limit": str(page)}
        cursor: str | None = None
        while True:
            found = await self._caller.get("/v1/rooms", RoomPage, query | {"cursor": cursor})
            for room in found.items:
                yield room
            cursor = found.next_cursor
            if cursor is None:
                return

    async def end(self, room_id: str, *, idempotency_key: str | None = None) -> RoomView:
        """Ends the room: every participant is kicked with `host_ended`. Ending twice is fine."""
        return await self._caller.delete_for(_room(room_id), RoomView, idempotency_key)

    async def token(
        self,
        room_id: str,
        identity: str,
        capabilities: Iterable[str],
        *,
        name: str = "",
        meta: Mapping[str, str] | None = None,
        ttl: int = MAX_TTL,
        idempotency_key: str | None = None,
    ) -> TokenView:
        """A token for a room that exists, good for *ttl* seconds."""
        wanted = NewToken(
            identity=identity,
            capabilities=list(capabilities),
            name=name,
            meta=None if meta is None else dict(meta),
            ttl=ttl,
        )
        path = f"{_room(room_id)}/tokens"
        return await self._caller.post(path, wanted, TokenView, idempotency_key)

    async def participants(
        self, room_id: str, *, page: int = PAGE
    ) -> AsyncIterator[ParticipantView]:
        """Who is or was there, in order of joining."""
        path = f"{_room(room_id)}/participants"
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": str(page)}
            found = await self._caller.get(path, ParticipantPage, query)
            for participant in found.items:
                yield participant
            cursor = found.next_cursor
            if cursor is None:
                return

    async def kick(
        self, room_id: str, identity: str, *, idempotency_key: str | None = None
    ) -> None:
        """Puts a participant out and revokes its tokens; raises `NotFound` if it is not there."""
        path = f"{_room(room_id)}/participants/{segment(identity)}"
        await self._caller.delete(path, idempotency_key)

    async def usage(
        self,
        room_id: str,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> UsageView:
        """What the room used, of all its time or of a part of it."""
        query = {"since": instant(since), "until": instant(until)}
        return await self._caller.get(f"{_room(room_id)}/usage", UsageView, query)


class Tokens:
    """`lc.tokens`: tokens for rooms that need not exist yet."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(  # noqa: PLR0913 - each is a field of the contract
        self,
        room_id: str,
        identity: str,
        capabilities: Iterable[str],
        *,
        name: str = "",
        meta: Mapping[str, str] | None = None,
        ttl: int = MAX_TTL,
        type: str | None = None,  # noqa: A002 - the contract's word
        config: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> TokenView:
        """A token for *room_id*; the room is made on the fly, of *type* and with *config*."""
        wanted = NewRoomToken(
            room_id=room_id,
            identity=identity,
            capabilities=list(capabilities),
            name=name,
            meta=None if meta is None else dict(meta),
            ttl=ttl,
            type=type,
            config=None if config is None else dict(config),
        )
        return await self._caller.post("/v1/auth/tokens/room", wanted, TokenView, idempotency_key)


def instant(at: datetime | str | None) -> str | None:
    """RFC 3339 in UTC. Raises `ValueError` for a time without a zone."""
    if at is None or isinstance(at, str):
        return at
    if at.tzinfo is None:
        raise ValueError("give the time with its zone, such as datetime(…, tzinfo=UTC)")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _room(room_id: str) -> str:
    return f"/v1/rooms/{segment(room_id)}"
