"""What the core tells."""

import asyncio

import pytest
from forwardkit import until

from levelchat.rtc.forward import events
from levelchat.rtc.forward.events import EventQueue
from levelchat.rtc.forward.seams import Totals


async def test_calls_are_made_in_order_and_later() -> None:
    """Never within the call that led to them, those of a call included."""
    queue, made = EventQueue(Totals()), list[int]()
    queue.open(asyncio.get_running_loop())

    def first() -> None:
        made.append(1)
        queue.tell(made.append, 3)

    queue.tell(first)
    queue.tell(made.append, 2)
    assert made == []
    await until(lambda: len(made) == 3)

    assert made == [1, 2, 3]


async def test_one_that_raises_takes_no_other_with_it() -> None:
    """The rest follow."""
    queue, made = EventQueue(Totals()), list[int]()
    queue.open(asyncio.get_running_loop())
    queue.tell(lambda: made.index(99))
    queue.tell(made.append, 1)
    with pytest.raises(ValueError, match="99"):
        queue.flush()
    await until(lambda: made == [1])


async def test_the_queue_has_a_bound() -> None:
    """What does not fit is counted; a queue that is closed takes nothing."""
    totals = Totals()
    queue, made = EventQueue(totals), list[int]()
    queue.tell(made.append, 0)
    queue.open(asyncio.get_running_loop())
    for number in range(events.MAX_EVENTS + 3):
        queue.tell(made.append, number)
    queue.flush()
    assert (len(made), totals.dropped_events) == (events.MAX_EVENTS, 3)
    queue.tell(made.append, 1)
    queue.close()
    queue.flush()
    assert len(made) == events.MAX_EVENTS
