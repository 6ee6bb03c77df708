"""Room tokens for those who hold an API key, and fresh ones for those who hold a token.

Comes in: who asks, for which room, with which capabilities. Goes out: signed tokens. Rooms that
were asked for lately are remembered, so that most tokens cost no query; the end of a room is
heard on the bus.
"""

import secrets
from collections import OrderedDict

import msgspec

from levelchat.auth import capability
from levelchat.auth.capability import Capability
from levelchat.auth.token import MAX_TTL, Grant, Minter
from levelchat.bus.messages import Message, RoomClosed
from levelchat.bus.seams import CONTROL, Bus
from levelchat.clock import Clock
from levelchat.contract.rest import NewRoom, NewRoomToken, NewToken
from levelchat.media.time import NANOSECOND
from rooms import budget, creation
from rooms.errors import Flaw, InvalidRequest, NotFound, RoomEnded, RoomExists
from rooms.lifecycle import OVER
from rooms.model import SECOND, Millis, Principal, Room
from rooms.store import rooms as room_rows
from rooms.store.transaction import Transactions

REMEMBERED = 10_000
"""Rooms."""
REMEMBERED_FOR = 5 * SECOND
"""Should the bus lose the news of a room's end, its tokens are refused this much later."""
TOKEN_ID_BYTES = 12


class Minted(msgspec.Struct, frozen=True):
    """A token, and what it is good for."""

    token: str
    token_id: str
    room: Room
    identity: str
    capabilities: tuple[str, ...]
    expires_at: Millis


class Minting:
    """Mints."""

    def __init__(self, transactions: Transactions, minter: Minter, bus: Bus, clock: Clock) -> None:
        self._transactions = transactions
        self._minter = minter
        self._bus = bus
        self._clock = clock
        self._rooms: OrderedDict[tuple[str, str, str], tuple[Millis, Room]] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()

    async def start(self) -> None:
        """Listens for rooms that end."""
        await self._bus.subscribe(CONTROL, self._on_control)

    async def mint(self, who: Principal, room_id: str, wanted: NewToken) -> Minted:
        """For a room that exists.

        Raises `NotFound`, `RoomEnded`, `InvalidRequest` or `QuotaExceeded`.
        """
        capabilities = _capabilities(wanted.capabilities)
        return self._sign(await self._room(who, room_id), wanted, capabilities)

    async def mint_on_the_fly(self, who: Principal, wanted: NewRoomToken) -> Minted:
        """For a room that is made if nobody has used its id yet (rooms.md §4)."""
        capabilities = _capabilities(wanted.capabilities)
        try:
            room = await self._room(who, wanted.room_id)
        except NotFound:
            room = await self._create(who, wanted)
        return self._sign(room, wanted, capabilities)

    async def renew(self, grant: Grant) -> Minted:
        """The same again, for an hour more: same capabilities, same token id, so that what is
        revoked stays so. Raises `RoomEnded`.
        """
        async with self._transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, grant.media_id)
        if room is None or room.project_id != grant.project:
            raise NotFound("there is no such room")
        _check_open(room)
        again = NewToken(
            identity=grant.identity, capabilities=[], name=grant.name, meta=grant.meta or None
        )
        return self._sign(room, again, tuple(sorted(grant.capabilities)), grant.token_id)

    async def _room(self, who: Principal, room_id: str) -> Room:
        key = (who.org_id, who.project_id, room_id)
        now = self._transactions.now()
        known = self._rooms.get(key)
        if known is None or known[0] <= now or known[1].media_id in self._ended:
            async with self._transactions.reading(who.org_id) as tx:
                room = await creation.find_room(tx, who, room_id)
                await budget.check_entry(tx, who)
            self._remember(key, room, now)
        else:
            room = known[1]
        _check_open(room)
        return room

    def _remember(self, key: tuple[str, str, str], room: Room, now: Millis) -> None:
        self._rooms[key] = (now + REMEMBERED_FOR, room)
        self._rooms.move_to_end(key)
        if len(self._rooms) > REMEMBERED:
            self._rooms.popitem(last=False)

    async def _create(self, who: Principal, wanted: NewRoomToken) -> Room:
        new = NewRoom(id=wanted.room_id, type=wanted.type, config=wanted.config)
        try:
            async with self._transactions.writing(who.org_id) as tx:
                return await creation.create_room(tx, who, new)
        except RoomExists:  # somebody else asked at the same moment
            return await self._room(who, wanted.room_id)

    def _sign(
        self,
        room: Room,
        wanted: NewToken | NewRoomToken,
        capabilities: tuple[Capability, ...],
        token_id: str = "",
    ) -> Minted:
        now = self._clock.wall_ns() // NANOSECOND
        ttl = min(wanted.ttl, MAX_TTL)
        token_id = token_id or secrets.token_urlsafe(TOKEN_ID_BYTES)
        token = self._minter.mint(
            room=room.id,
            media_id=room.media_id,
            project=room.project_id,
            identity=wanted.identity,
            capabilities=capabilities,
            name=wanted.name,
            meta=wanted.meta or {},
            token_id=token_id,
            now=now,
            ttl=ttl,
        )
        return Minted(token, token_id, room, wanted.identity, capabilities, (now + ttl) * SECOND)

    def _on_control(self, message: Message) -> None:
        if isinstance(message, RoomClosed):
            self._ended[message.media_id] = None
            if len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)


def _check_open(room: Room) -> None:
    # rooms.md §2: minting a token for an `ended` or `archived` room is `409 room_ended`.
    if room.state in OVER:
        raise RoomEnded("the room has ended; create another to go on")


def _capabilities(named: list[str]) -> tuple[Capability, ...]:
    flaws, parsed = [], []
    for index, name in enumerate(named):
        try:
            parsed.append(capability.parse(name))
        except ValueError as error:
            flaws.append(Flaw(f"capabilities.{index}", str(error)))
    if flaws:
        raise InvalidRequest(flaws)
    return tuple(sorted(set(parsed)))
