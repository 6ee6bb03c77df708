"""The bus of a process that is alone.

Comes in: messages. Goes out: the same objects, to handlers of this process, in tasks that `run`
owns. What is published before `run` is handled once it runs.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from levelchat.bus import replies
from levelchat.bus.errors import BusUnavailable
from levelchat.bus.inbox import Inbox
from levelchat.bus.messages import Message
from levelchat.bus.metrics import BusMetrics
from levelchat.bus.seams import Handler, Responder

SETTLE_SECONDS = 0.005
"""Between two looks whether all is handled."""


class _Taken:
    """A subscription, and the way out of it."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave

    async def close(self) -> None:
        self._leave()


class _Members:
    """Those of one subject and group: all are told, or in a group one after the other."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._turn = 0
        self.inboxes: list[Inbox] = []

    def put(self, message: Message) -> None:
        if not self._group:
            for inbox in self.inboxes:
                inbox.put(message)
            return
        self._turn = (self._turn + 1) % len(self.inboxes)
        self.inboxes[self._turn].put(message)


class LocalBus:
    """A `Bus` within one process."""

    connected = True
    connections = 1

    def __init__(self, metrics: BusMetrics | None = None) -> None:
        self._metrics = metrics
        self._tasks: asyncio.TaskGroup | None = None
        self._members: dict[str, dict[str, _Members]] = {}
        self._responders: defaultdict[str, list[Responder]] = defaultdict(list)
        self._turn = 0
        self._answers: set[asyncio.Task[Message]] = set()
        if metrics is not None:
            metrics.connected.set(1)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for inbox in self._inboxes():
                    inbox.wake()
                await asyncio.Event().wait()
        finally:
            self._tasks = None
            for task in self._answers:
                task.cancel()

    async def settle(self, timeout_seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while not all(inbox.is_idle for inbox in self._inboxes()):  # noqa: ASYNC110 - rare, and short
                    await asyncio.sleep(SETTLE_SECONDS)

    def publish(self, subject: str, message: Message) -> None:
        if self._metrics is not None:
            self._metrics.published.inc()
        for members in tuple(self._members.get(subject, {}).values()):
            members.put(message)

    async def subscribe(self, subject: str, handler: Handler, group: str = "") -> _Taken:
        inbox = Inbox(subject, handler, self._spawn, self._metrics)
        groups = self._members.setdefault(subject, {})
        groups.setdefault(group, _Members(group)).inboxes.append(inbox)
        return _Taken(lambda: self._forget(subject, group, inbox))

    async def respond(self, subject: str, responder: Responder, group: str = "") -> _Taken:  # noqa: ARG002 - one answers a request anyway
        self._responders[subject].append(responder)
        return _Taken(lambda: self._responders[subject].remove(responder))

    async def request(self, subject: str, message: Message, timeout_seconds: float) -> Message:
        responders = self._responders.get(subject)
        if not responders:
            raise BusUnavailable(f"nobody answers {subject} in this process")
        self._turn += 1
        responder = responders[self._turn % len(responders)]
        task = asyncio.get_running_loop().create_task(replies.answer(responder, message))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
        try:
            # Shielded: who asked may go away, what was begun is brought to its end.
            reply = await asyncio.wait_for(asyncio.shield(task), timeout_seconds)
        except TimeoutError as error:
            raise BusUnavailable(f"no answer on {subject} in {timeout_seconds} s") from error
        return replies.accept(reply)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        if self._tasks is None:
            return False
        self._tasks.create_task(work())
        return True

    def _inboxes(self) -> list[Inbox]:
        return [
            inbox
            for groups in self._members.values()
            for members in groups.values()
            for inbox in members.inboxes
        ]

    def _forget(self, subject: str, group: str, inbox: Inbox) -> None:
        inbox.close()
        members = self._members.get(subject, {}).get(group)
        if members is None or inbox not in members.inboxes:
            return
        members.inboxes.remove(inbox)
        if not members.inboxes:
            del self._members[subject][group]
        if not self._members[subject]:
            del self._members[subject]
