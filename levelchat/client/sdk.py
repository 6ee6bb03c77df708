"""The server-side SDK: a LevelChat server as a Python object.

Comes in: a URL and an API key. Goes out: `rooms`, `tokens` and `webhooks`, typed and awaitable.
"""

from datetime import datetime
from types import TracebackType
from typing import Self

from yarl import URL

from levelchat.client.caller import CALL_SECONDS, Caller
from levelchat.client.retrying import Retries
from levelchat.client.room_api import Rooms, Tokens, instant
from levelchat.client.webhook_api import Webhooks
from levelchat.clock import Clock, SystemClock
from levelchat.contract.rest import UsageView


class LevelChat:
    """A project on a server: `async with LevelChat("http://localhost:8080", key) as lc: …`.

    Every call ends within *timeout* seconds, and is retried on the way if that can help.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = CALL_SECONDS,
        retries: Retries | None = None,
        clock: Clock | None = None,
    ) -> None:
        if URL(url).scheme not in ("http", "https") or not URL(url).host:
            raise ValueError(f"{url!r} is no URL such as https://levelchat.example")
        self._caller = Caller(url, key, clock or SystemClock(), seconds=timeout, retries=retries)
        self.rooms = Rooms(self._caller)
        self.tokens = Tokens(self._caller)
        self.webhooks = Webhooks(self._caller)

    async def __aenter__(self) -> Self:
        await self._caller.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._caller.__aexit__(kind, error, trace)

    async def usage(
        self, since: datetime | str | None = None, until: datetime | str | None = None
    ) -> UsageView:
        """What all rooms of the project used together."""
        query = {"since": instant(since), "until": instant(until)}
        return await self._caller.get("/v1/usage", UsageView, query)
