"""Who may fetch what of a room.

Comes in: a room and the credentials of a request. Goes out: nothing, or an error. Rooms that
nobody manages are open to all; in the others a viewer proves itself with every request, unless a
proxy that is known to have asked for it fetches on behalf of many.
"""

import hmac
from collections.abc import Callable
from enum import Enum

import msgspec

from edge import cookie
from edge.audience import Audience
from edge.metrics import EdgeMetrics
from edge.settings import EdgeSettings
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.auth.errors import RoomOver, TokenMissing
from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.clock import Clock
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND
from levelchat.service.presence import Presence

_WATCHING = frozenset({Capability.SUBSCRIBE_ALL})


class Credentials(msgspec.Struct, frozen=True):
    """What a request brings: headers as they came."""

    authorization: str | None = None
    cookie: str | None = None
    proxy_secret: str | None = None


class Keeping(Enum):
    """Who may keep the answer."""

    PUBLIC = "public"
    """Any cache."""
    PRIVATE = "private"
    """The viewer's own only."""


class Access:
    """Decides for one edge; *is_held* says whether there is a broadcast of a room, or its end."""

    def __init__(
        self,
        *,
        verifier: TokenVerifier,
        presence: Presence,
        audience: Audience,
        is_held: Callable[[str], bool],
        settings: EdgeSettings,
        clock: Clock,
        metrics: EdgeMetrics,
    ) -> None:
        self._verifier = verifier
        self._presence = presence
        self._audience = audience
        self._is_held = is_held
        self._clock = clock
        self._metrics = metrics
        self._all_private = settings.private
        self._named_private = frozenset(settings.private_rooms)
        self._secret = settings.proxy_secret.encode()

    def keeping(self, room: str) -> Keeping:
        """Who may keep answers about *room*."""
        private = (
            self._all_private or self._presence.is_managed(room) or room in self._named_private
        )
        return Keeping.PRIVATE if private else Keeping.PUBLIC

    def is_trusted(self, given: Credentials) -> bool:
        """The request comes from a proxy that asks `check` for each viewer by itself."""
        if not self._secret or given.proxy_secret is None:
            return False
        return hmac.compare_digest(given.proxy_secret.encode(errors="replace"), self._secret)

    def check(self, room: str, given: Credentials) -> Grant | None:
        """The viewer's grant; None where no one is asked for any. Raises errors of
        `levelchat.auth.errors`, what rooms refused with, or `TooManyViewers`.
        """
        if self.keeping(room) is Keeping.PUBLIC:
            return None
        try:
            grant, over = self._grant(room, _token(given))
            self._audience.see(grant, over=over)
            if over and not self._is_held(room):
                # Whoever still asks now would ask for ever.
                raise RoomOver("the room has ended, and what was broadcast in it is gone")
        except LevelChatError as error:
            self._metrics.refused_viewers.labels(error.code).inc()
            raise
        return grant

    async def enter(self, room: str, given: Credentials) -> tuple[str, Grant]:
        """The bearer token of somebody who begins to watch, after rooms was asked."""
        try:
            token = room_token.bearer(given.authorization)
            grant, over = self._grant(room, token)
            if self.keeping(room) is Keeping.PRIVATE:
                await self._audience.arrive(grant, over=over)
        except LevelChatError as error:
            self._metrics.refused_viewers.labels(error.code).inc()
            raise
        return token, grant

    def seconds_left(self, grant: Grant) -> int:
        """How long the token of *grant* is still good."""
        return max(grant.expires - self._now(), 1)

    def _grant(self, room: str, token: str) -> tuple[Grant, bool]:
        """What *token* says, and whether the room is over."""
        now = self._now()
        grant = self._verifier.verify(token, now=now, media_id=room, ended_too=True)
        grant.require_any(_WATCHING)
        return grant, self._verifier.revocations.is_over(room, now)

    def _now(self) -> int:
        return self._clock.wall_ns() // NANOSECOND


def _token(given: Credentials) -> str:
    if given.authorization is not None:
        return room_token.bearer(given.authorization)
    token = cookie.find(given.cookie) if given.cookie is not None else ""
    if not token:
        raise TokenMissing(
            "this room is watched with a room token that has subscribe:all: send it as "
            "`Authorization: Bearer <token>`, or POST it to /live/{media_id}/access first"
        )
    return token
