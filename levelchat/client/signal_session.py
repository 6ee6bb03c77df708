"""Our place in a room, held through broken connections.

Comes in: a URL, a room token, commands. Goes out: events, answers. The deciding is in `roster`
and `reconnecting`; here are the waits and their deadlines.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
import msgspec

from levelchat.client import api_errors, reconnecting, retrying, signal_link
from levelchat.client.api_errors import ApiError
from levelchat.client.errors import ServerUnreachable
from levelchat.client.listeners import Listeners
from levelchat.client.reconnecting import Step
from levelchat.client.retrying import Retries
from levelchat.client.room_events import Closed, Reconnecting
from levelchat.client.roster import Roster
from levelchat.client.signal_link import Link, ServerMessage
from levelchat.clock import Clock
from levelchat.contract import signal
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND

COMMAND_SECONDS = 10.0
"""From a command to its answer, a reconnection in between included."""
PATIENCE_SECONDS = 300.0
"""How long a broken connection is tried again."""
LEAVE_SECONDS = 2.0
"""Until the server has said goodbye."""
MAX_COMMANDS = 1000
"""Commands that wait for an answer."""

Token = str | Callable[[], Awaitable[str]]
"""A room token, or what fetches a new one each time we have to join."""


class Options(msgspec.Struct, frozen=True):
    """How a session behaves."""

    whole_roster: bool = True
    """Ask for all participants; else the first 200 and those who come later are known."""
    patience: float = PATIENCE_SECONDS
    waits: Retries = Retries(tries=1_000_000)


class Session:
    """One participant in one room; use as: `start`, commands, `stop`."""

    def __init__(self, url: str, token: Token, clock: Clock, options: Options) -> None:
        self.roster = Roster()
        self.listeners = Listeners()
        self.over = asyncio.Event()
        """Set when we are out for good."""
        self.failure: Exception | None = None
        """Why, if we did not want it."""
        self.close_code: int | None = None
        self.token = token if isinstance(token, str) else ""
        self._fetch = None if isinstance(token, str) else token
        self._url = reconnecting.signal_url(url)
        self._clock = clock
        self._options = options
        self._http: aiohttp.ClientSession | None = None
        self._link: Link | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._refs = itertools.count(1)
        self._answers: dict[int, asyncio.Future[ServerMessage]] = {}

    async def start(self) -> None:
        """Joins. Raises `ApiError` or `ServerUnreachable`."""
        self._http = signal_link.session()
        try:
            link = await self._open(self._http, "")
        except BaseException:
            await self._http.close()
            raise
        # Not a TaskGroup: errors of the user's own block would come out of it in a group.
        self._reading = asyncio.create_task(self._live(self._http, link), name="levelchat room")

    async def stop(self) -> None:
        """Leaves at once, rather than when the server misses us."""
        try:
            await self._leave()
        finally:
            if self._reading is not None:
                self._reading.cancel()
                await asyncio.wait([self._reading])
            if self._link is not None:
                await self._link.close(signal.CLOSE_GOING_AWAY)
            if self._http is not None:
                await self._http.close()

    async def command(self, command: signal.Command) -> ServerMessage:
        """The answer to *command*; raises `ApiError` if it is a refusal."""
        if len(self._answers) >= MAX_COMMANDS:
            raise ServerUnreachable(f"{MAX_COMMANDS} commands wait for an answer; send no more")
        ref = next(self._refs)
        answer: asyncio.Future[ServerMessage] = asyncio.get_running_loop().create_future()
        self._answers[ref] = answer
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._connected.wait()
                if self._link is None or self.over.is_set():
                    raise self._gone()
                await self._link.send(msgspec.structs.replace(command, ref=ref))
                return await answer
        except TimeoutError:
            raise ServerUnreachable(
                f"no answer from the room within {COMMAND_SECONDS:g} s; it may be carried out yet"
            ) from None
        finally:
            del self._answers[ref]

    async def _live(self, http: aiohttp.ClientSession, link: Link) -> None:
        """Until we are out."""
        try:
            while True:
                await self._read(link)
                self.close_code = link.close_code
                self._lost()
                await link.close(signal.CLOSE_GOING_AWAY)
                if reconnecting.after_close(self.close_code) is Step.STOP:
                    return
                self.listeners.tell(Reconnecting(self.close_code))
                link = await self._reconnect(http)
        except LevelChatError as error:
            self.failure = error
            self.listeners.tell(signal.Error(code=error.code, message=error.detail))
        except Exception as error:  # noqa: BLE001 - the user's own, out of a function for tokens
            self.failure = error
            self.listeners.tell(signal.Error(code="token_unavailable", message=str(error)))
        finally:
            self._lost()
            self.over.set()
            self._connected.set()
            self.listeners.tell(Closed(self.close_code))
            self.listeners.end()

    async def _open(self, http: aiohttp.ClientSession, resume: str) -> Link:
        """A connection that is welcome, or the reason why there is none."""
        if self._fetch is not None and not resume:
            self.token = await self._fetch()
        link, welcome = await signal_link.open_link(
            http, self._url, token=self.token, resume=resume
        )
        self._link = link
        self._heed(welcome)
        self._connected.set()
        await self._ask_for_more(link)
        return link

    async def _reconnect(self, http: aiohttp.ClientSession) -> Link:
        """Resumes while that is possible, then joins anew; raises the last error in the end."""
        now = asyncio.get_running_loop().time
        lost = now()
        step = Step.RESUME
        tried = 0
        while True:
            # rooms.md §6: "Resume within 30 s after a network change".
            if now() - lost > signal.RESUME_SECONDS or not self.roster.resume:
                step = Step.REJOIN
            resuming = step is Step.RESUME
            try:
                return await self._open(http, self.roster.resume if resuming else "")
            except ApiError as error:
                step = reconnecting.after_refusal(error, resuming=resuming)
                if step is Step.STOP:
                    raise
                failed: LevelChatError = error
            except ServerUnreachable as error:
                failed = error
            tried += 1
            wait = self._wait(failed, tried)
            if now() - lost + wait > self._options.patience:
                raise failed
            await asyncio.sleep(wait)

    def _wait(self, error: LevelChatError, tried: int) -> float:
        asked = retrying.asked_wait(error, self._clock.wall_ns() / NANOSECOND)
        chance = random.random()  # noqa: S311 - jitter, not a secret
        return asked + self._options.waits.wait(tried, chance)

    async def _read(self, link: Link) -> None:
        """Until the connection is over."""
        while (message := await link.receive()) is not None:
            self._heed(message)
            if isinstance(message, signal.Roster):
                await self._ask_for_more(link)
            elif isinstance(message, signal.Moved):
                await link.close(signal.CLOSE_GOING_AWAY)

    def _heed(self, message: ServerMessage) -> None:
        match message:
            case signal.TokenRenewed():
                self.token = message.token
            case signal.Moved():
                self._url = reconnecting.signal_url(message.url)
            case signal.Error(code=code, message=text, ref=int(ref)):
                self._answer(ref, api_errors.from_code(code, text))
                return
            case signal.Done(ref=int(ref)) | signal.Pong(ref=int(ref)):
                self._answer(ref, message)
        for event in self.roster.receive(message):
            self.listeners.tell(event)

    async def _ask_for_more(self, link: Link) -> None:
        cursor = self.roster.cursor
        if not cursor:
            return
        if not self._options.whole_roster:
            self.roster.forget_unseen()
            return
        # A connection that breaks here is noticed by who reads it.
        with suppress(ServerUnreachable):
            await link.send(signal.RosterRequest(cursor=cursor))

    async def _leave(self) -> None:
        if self._link is None or self.over.is_set() or not self._connected.is_set():
            return
        with suppress(ServerUnreachable, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._link.send(signal.Leave())
                await self.over.wait()

    def _answer(self, ref: int, answer: ServerMessage | ApiError) -> None:
        waiting = self._answers.get(ref)
        if waiting is None or waiting.done():
            return
        if isinstance(answer, ApiError):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    def _lost(self) -> None:
        """Nobody knows what became of the commands that were sent."""
        self._connected.clear()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(
                    ServerUnreachable("the connection to the room broke before the answer came")
                )

    def _gone(self) -> Exception:
        if self.failure is not None:
            return self.failure
        return api_errors.from_code(*reconnecting.close_reason(self.close_code))
