"""This node's sessions, as rooms knows of them.

Comes in: joins and leaves of the planes' sessions, and what rooms says. Goes out: a join that
rooms grants or refuses, leaves, a list of who is still here every few seconds, and a word to a
session's owner when it must end. While rooms is away a good token is enough: media outlive the
control plane, and the list tells it later who came meanwhile.
"""

import asyncio
from collections.abc import Callable

import structlog
from ulid import ULID

from levelchat.auth import errors as auth_errors
from levelchat.auth.errors import PublishForbidden, RoomOver
from levelchat.auth.revocation import Revocations
from levelchat.auth.token import Grant
from levelchat.bus.errors import BusUnavailable, Refused
from levelchat.bus.messages import (
    Join,
    Joined,
    Left,
    Message,
    PublishingForbidden,
    RoomClosed,
    RoomOpened,
    Seen,
    Standing,
    StandingWanted,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE, STANDING, Bus
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.service.managed import ManagedRooms

JOIN_SECONDS = 1.0
"""What a publisher or viewer waits for rooms at most, before the token alone decides."""
SEEN_SECONDS = 10.0
SEEN_SESSIONS = 100
"""In one message, which then stays below a megabyte with the longest tokens."""
STANDING_NS = 60 * NANOSECOND
"""What is in force is asked for this often, should a word have been lost."""
STANDING_RETRY_SECONDS = 2.0
STANDING_TIMEOUT_SECONDS = 5.0

KICKED = "kicked"
PUBLISH_FORBIDDEN = "publish_forbidden"
_PUBLISHING = frozenset({"whip"})
_MILLI_NS = 1_000_000
_SERVER_FAULT = 500

OnEnd = Callable[[str], None]
"""Told once, with the reason, that the session may not go on; its owner ends it and leaves."""

_log = structlog.get_logger("presence")


class Membership:
    """One session's place in its room; its owner says when it leaves."""

    def __init__(
        self, owner: "Presence", grant: Grant, transport: str, joined_at: int, on_end: OnEnd | None
    ) -> None:
        self.on_end = on_end
        """May be set later, before the loop runs again after `Presence.join`."""
        self.session = f"s_{ULID()}"
        self.grant = grant
        self.transport = transport
        self.joined_at = joined_at
        self.managed = True
        """False once rooms said that it knows nothing of the room."""
        self.participant = ""
        self.end_reason = ""
        self.is_over = False
        self._owner = owner

    @property
    def publishes(self) -> bool:
        """It sends media."""
        return self.transport in _PUBLISHING

    def leave(self, reason: str = "left", at: int | None = None) -> None:
        """It ended, now or *at* an earlier time (milliseconds); said once."""
        self._owner.leave(self, reason, at)
        # Whoever is to be told knows its place: both would wait for the garbage collector.
        self.on_end = None

    def end(self, reason: str) -> None:
        """Rooms wants it to end."""
        if self.is_over or self.end_reason:
            return
        self.end_reason = reason
        if self.on_end is None:
            return
        try:
            self.on_end(reason)
        except Exception:  # noqa: BLE001 - one session's fault must not keep the others from ending
            _log.exception("a session could not be ended", session=self.session)


class Presence:
    """All sessions of this node that rooms hears of."""

    def __init__(
        self,
        bus: Bus,
        revocations: Revocations,
        clock: Clock,
        node: str,
        *,
        expects_rooms: bool = False,
    ) -> None:
        self._bus = bus
        self._revocations = revocations
        self._clock = clock
        self._node = node
        self._here: dict[str, dict[str, Membership]] = {}
        self._managed = ManagedRooms(expects_rooms=expects_rooms)

    async def start(self) -> None:
        """Listens to what rooms says; before anybody joins."""
        await self._bus.subscribe(CONTROL, self._on_control)

    async def run(self) -> None:
        """Repeats who is here, and asks what is in force, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repeat_seen())
            tasks.create_task(self._learn_standing())

    async def join(self, grant: Grant, transport: str, on_end: OnEnd | None = None) -> Membership:
        """A place for the holder of *grant*, who comes by *transport* (`whip`, `whep`, `hls`).

        *on_end* is called when rooms wants the session to end. Raises what rooms refuses with
        (`room_full`, `room_ended`, …), `TokenRevoked`, `RoomOver` or `PublishForbidden`.
        """
        self._revocations.check(grant, self._now())
        membership = Membership(self, grant, transport, self._now_ms(), on_end)
        self._refuse_forbidden(membership)
        self._here.setdefault(grant.media_id, {})[membership.session] = membership
        try:
            await self._ask(membership)
            self._refuse_ended(membership)
        except BaseException:
            # Rooms may have let it in: the one who asked went away, or the end came meanwhile.
            membership.leave()
            raise
        return membership

    def leave(self, membership: Membership, reason: str, at: int | None = None) -> None:
        """*membership* is over, since *at* if that is known."""
        if membership.is_over:
            return
        membership.is_over = True
        media_id = membership.grant.media_id
        others = self._here[media_id]
        del others[membership.session]
        if not others:
            del self._here[media_id]
        if membership.managed:
            left_at = self._now_ms() if at is None else at
            self._bus.publish(PRESENCE, Left(membership.session, media_id, left_at, reason))

    def is_managed(self, media_id: str) -> bool:
        """Rooms has that room, or could not say: who watches needs a token."""
        return media_id in self._managed

    def _refuse_forbidden(self, membership: Membership) -> None:
        grant = membership.grant
        if membership.publishes and self._revocations.publishing_forbidden(
            grant.media_id, grant.identity, self._now()
        ):
            raise _forbidden()

    async def _ask(self, membership: Membership) -> None:
        try:
            reply = await self._answer(membership)
        except BusUnavailable as error:
            _log.debug("joined without rooms", session=membership.session, why=error.detail)
            self._managed.doubt(membership.grant.media_id)
            return
        except Refused:
            membership.managed = False  # There is nothing to leave.
            raise
        if reply.publish_forbidden and membership.publishes:
            raise _forbidden()

    async def _answer(self, membership: Membership) -> Joined:
        """Raises `BusUnavailable` too when rooms is there but cannot say."""
        try:
            reply = await self._bus.request(JOINS, self._report(membership), JOIN_SECONDS)
        except Refused as error:
            if error.status >= _SERVER_FAULT:
                raise BusUnavailable(f"rooms cannot say now ({error.code})") from error
            raise
        if not isinstance(reply, Joined):
            raise BusUnavailable("rooms says something else")
        membership.managed = reply.managed
        membership.participant = reply.participant
        if reply.managed:
            self._managed.note(membership.grant.media_id)
        else:
            self._managed.clear(membership.grant.media_id)
        return reply

    def _refuse_ended(self, membership: Membership) -> None:
        """Its end was said while it joined."""
        if not membership.end_reason:
            return
        self._revocations.check(membership.grant, self._now())
        self._refuse_forbidden(membership)
        raise auth_errors.TokenRevoked(f"this session may not begin: {membership.end_reason}")

    def _on_control(self, message: Message) -> None:
        self._revocations.take(message, self._now())
        if isinstance(message, RoomClosed):
            self._end(message.media_id, message.reason or RoomOver.code, lambda _: True)
        elif isinstance(message, TokenRevoked):
            self._on_revoked(message)
        elif isinstance(message, PublishingForbidden) and message.forbidden:
            self._end(
                message.media_id,
                PUBLISH_FORBIDDEN,
                lambda each: each.publishes and each.grant.identity == message.identity,
            )
        elif isinstance(message, RoomOpened):
            self._managed.note(message.media_id)

    def _on_revoked(self, message: TokenRevoked) -> None:
        def is_meant(each: Membership) -> bool:
            is_kicked = message.reason == KICKED and each.grant.identity == message.identity
            return is_kicked or each.grant.token_id in message.token_ids

        for each in self._end(message.media_id, message.reason, is_meant):
            # Rooms may not know yet by which token it came, if it was away then.
            self._revocations.revoke(each.grant.token_id, message.until, self._now())

    def _end(
        self, media_id: str, reason: str, is_meant: Callable[[Membership], bool]
    ) -> list[Membership]:
        meant = [each for each in self._here.get(media_id, {}).values() if is_meant(each)]
        for each in meant:
            each.end(reason)
        return meant

    async def _repeat_seen(self) -> None:
        while True:
            await asyncio.sleep(SEEN_SECONDS)
            self.say_seen()
            await self.clear_doubts()

    async def clear_doubts(self) -> None:
        """Asks about the rooms that nobody could be asked about, as long as somebody answers."""
        for media_id in self._managed.doubted:
            here = next(iter(self._here.get(media_id, {}).values()), None)
            if here is None:
                continue
            try:
                await self._answer(here)
            except BusUnavailable:
                return
            except Refused as error:
                _log.info("a session may not go on", session=here.session, why=error.code)

    def say_seen(self) -> None:
        """Who is here, now."""
        here = [
            self._report(each)
            for sessions in self._here.values()
            for each in sessions.values()
            if each.managed and not each.end_reason
        ]
        for begin in range(0, len(here), SEEN_SESSIONS):
            some = tuple(here[begin : begin + SEEN_SESSIONS])
            self._bus.publish(PRESENCE, Seen(self._node, self._now_ms(), some))

    async def _learn_standing(self) -> None:
        learned_on, due_ns = 0, 0
        while True:
            now_ns, connections = self._clock.monotonic_ns(), self._bus.connections
            # Whoever was cut off for a moment has missed words.
            is_due = connections != learned_on or now_ns >= due_ns
            if is_due and await self._ask_standing():
                learned_on, due_ns = connections, now_ns + STANDING_NS
            await asyncio.sleep(STANDING_RETRY_SECONDS)

    async def _ask_standing(self) -> bool:
        try:
            reply = await self._bus.request(STANDING, StandingWanted(), STANDING_TIMEOUT_SECONDS)
        except (BusUnavailable, Refused):
            return False
        if isinstance(reply, Standing):
            self._revocations.take(reply, self._now())
            items: tuple[Message, ...] = (
                *reply.opened,
                *reply.closed,
                *reply.revoked,
                *reply.forbidden,
            )
            for item in items:
                self._on_control(item)
        return True

    def _report(self, membership: Membership) -> Join:
        grant = membership.grant
        return Join(
            session=membership.session,
            node=self._node,
            transport=membership.transport,
            project=grant.project,
            room=grant.room,
            media_id=grant.media_id,
            identity=grant.identity,
            name=grant.name,
            capabilities=tuple(sorted(grant.capabilities)),
            token_id=grant.token_id,
            at=membership.joined_at,
            meta=grant.meta,
        )

    def _now(self) -> int:
        return self._clock.wall_ns() // NANOSECOND

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // _MILLI_NS


def _forbidden() -> PublishForbidden:
    return PublishForbidden("a moderator forbade you to publish in this room")
