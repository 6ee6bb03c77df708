"""The alarm: the sweeper is woken in time, and not before."""

import asyncio

from rooms.alarm import Alarm


class Time:
    """Real milliseconds since the test began."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    def __call__(self) -> int:
        return int((self._loop.time() - self._start) * 1000)


async def test_it_waits_for_the_earliest_instant() -> None:
    """Of several instants the earliest ends the wait."""
    alarm, now = Alarm(), Time()
    alarm.set(60_000)
    alarm.set(50)

    await alarm.wait(now, 30_000)

    assert 50 <= now() < 5_000


async def test_an_instant_set_meanwhile_shortens_the_wait() -> None:
    """Who names an earlier instant is heard by who waits already."""
    alarm, now = Alarm(), Time()
    waiting = asyncio.create_task(alarm.wait(now, 30_000))
    await asyncio.sleep(0)
    alarm.set(20)

    await waiting

    assert now() < 5_000


async def test_it_waits_no_longer_than_asked() -> None:
    """Without any instant the wait ends after the most that was allowed."""
    alarm, now = Alarm(), Time()

    await alarm.wait(now, 20)

    assert 20 <= now() < 5_000


async def test_what_was_waited_for_is_gone() -> None:
    """An instant rings once."""
    alarm, now = Alarm(), Time()
    alarm.set(-1)
    await alarm.wait(now, 1_000)
    before = now()

    await alarm.wait(now, 50)

    assert now() >= before + 50
