"""Fresh tokens for those who are still here when theirs run out.

Comes in: connections whose tokens expire soon. Goes out: `token` messages. A connection outlives
its token: what was revoked is told by the bus, and closes it.
"""

import asyncio
from collections import OrderedDict

import msgspec
import structlog

from levelchat.auth.token import Grant
from levelchat.contract.signal import TokenRenewed
from levelchat.errors import LevelChatError
from rooms.model import SECOND
from rooms.signal.connection import Connection
from rooms.signal.seams import Surroundings

_log = structlog.get_logger("signal")

AHEAD_SECONDS = 300
"""How long before its end a token is renewed; half its life if that is less."""
RETRY_SECONDS = 30
AT_ONCE = 16


def renew_at(grant: Grant) -> int:
    """When to renew the token, in seconds."""
    life = max(0, grant.expires - grant.starts)
    return grant.expires - min(AHEAD_SECONDS, life // 2)


class Renewals:
    """One for a process."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._more = asyncio.Event()

    def look_at(self, connection: Connection, now: int) -> None:
        """Renews its token if it is time; *now* in seconds."""
        if now >= connection.renew_at:
            connection.renew_at = now + RETRY_SECONDS
            self._waiting[connection] = None
            self._more.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await self._more.wait()
            count = min(AT_ONCE, len(self._waiting))
            batch = [self._waiting.popitem(last=False)[0] for _ in range(count)]
            await asyncio.gather(*(self._renew(each) for each in batch))
            if not self._waiting:
                self._more.clear()

    async def _renew(self, connection: Connection) -> None:
        if connection.code is not None or connection.transport.is_closing():
            return
        try:
            minted = await self._surroundings.minting.renew(connection.grant)
        except LevelChatError as error:
            # Tried again; if the room is over, the connection soon is.
            _log.info("a token was not renewed", reason=error.detail)
            return
        connection.grant = msgspec.structs.replace(
            connection.grant,
            starts=self._surroundings.seconds(),
            expires=minted.expires_at // SECOND,
        )
        connection.renew_at = renew_at(connection.grant)
        connection.send(TokenRenewed(token=minted.token, expires_at=minted.expires_at))
