"""The laws of a process as its supervisor sees it, on real ones."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
from broadcast import AV, SMALL

from levelchat.media.wire import Ended, Finish, Open
from packager.child import Child


@pytest.fixture
async def child() -> AsyncIterator[Child]:
    child = Child(SMALL, 0)
    await child.start()
    yield child
    await child.stop()


async def test_it_says_that_it_is_done(child: Child) -> None:
    """`Finish` is answered by `Ended`, and the messages end."""
    child.send(Open(AV))
    child.send(Finish())

    assert [message async for message in child.messages()] == [Ended()]
    assert await child.stop() in (0, -signal.SIGKILL)
    assert not child.alive


async def test_its_death_ends_its_messages(child: Child) -> None:
    """A process that was killed has a negative status and nothing more to say."""
    assert child.alive
    os.kill(child.pid, signal.SIGKILL)

    assert [message async for message in child.messages()] == []
    assert await child.stop() == -signal.SIGKILL
    assert child.send(Finish()) > 0


async def test_stopping_ends_it_whatever_it_does(child: Child) -> None:
    """A process in the middle of its work is ended at once."""
    child.send(Open(AV))

    assert await child.stop() == -signal.SIGKILL


async def test_what_waits_is_known() -> None:
    """Bytes that a process has not read are counted."""
    child = Child(SMALL, 0)

    assert child.waiting == 0
    await child.start()
    os.kill(child.pid, signal.SIGSTOP)
    for _ in range(2000):
        child.send(Open(AV * 100))
    assert child.waiting > 500_000
    await child.stop()


async def test_what_was_never_started_is_stopped_already() -> None:
    """Construction starts nothing."""
    child = Child(SMALL, 0)

    assert (child.alive, child.pid, await child.stop()) == (False, 0, 0)
