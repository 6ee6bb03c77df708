"""Laws of edge.waiters."""

import asyncio

from edge.waiters import Waiters


async def _all_waiting(waiters: Waiters[int], count: int) -> None:
    async with asyncio.timeout(5):
        while waiters.count < count:
            await asyncio.sleep(0)


async def test_all_who_wait_for_what_came_are_answered() -> None:
    """A thousand waiters are answered at once; who waits for more goes on waiting."""
    waiters: Waiters[int] = Waiters(60)
    near = [asyncio.create_task(waiters.wait(1)) for _ in range(1000)]
    far = asyncio.create_task(waiters.wait(2))
    await _all_waiting(waiters, 1001)

    waiters.wake(lambda key: key <= 1)

    assert await asyncio.gather(*near) == [True] * 1000
    assert not far.done()
    far.cancel()


async def test_a_hold_has_an_end() -> None:
    """Whoever waits longer than the hold is told so."""
    waiters: Waiters[int] = Waiters(0.02)

    assert await asyncio.gather(waiters.wait(1), waiters.wait(2)) == [False, False]


async def test_who_goes_away_leaves_nothing() -> None:
    """A cancelled request is forgotten, and no timer runs when nobody waits any more."""
    waiters: Waiters[int] = Waiters(0.02)
    gone = asyncio.create_task(waiters.wait(1))
    await _all_waiting(waiters, 1)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    assert waiters.count == 0
    assert waiters._waiting == {}
    async with asyncio.timeout(5):
        while waiters._timer is not None:
            await asyncio.sleep(0.01)
    assert not waiters._deadlines
