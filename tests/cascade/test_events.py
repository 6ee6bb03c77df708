"""Laws of server-sent events."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from cascade.events import ACTIVE, INACTIVE, LAYERS, SPEAKER, TRACKS, TYPES, Events


async def test_a_listener_begins_with_what_is_so() -> None:
    """Of the kinds that it asked for, and no others."""
    events = Events()
    events.tell(TRACKS, [1])
    events.tell(LAYERS, {})
    stream = events.listen([TRACKS, SPEAKER])

    assert await stream.next() == b"event: tracks\ndata: [1]\n\n"


async def test_a_slow_reader_gets_the_newest() -> None:
    """One of each kind, however many there were."""
    events = Events()
    stream = events.listen([TRACKS, SPEAKER])
    for count in range(1000):
        events.tell(TRACKS, [count])
    events.tell(SPEAKER, {"session": None})

    text = await stream.next()

    assert text.count(b"event:") == 2
    assert b"[999]" in text


async def test_what_is_known_is_not_said_again() -> None:
    """A state that stays wakes nobody."""
    events = Events()
    stream = events.listen([TRACKS])
    events.tell(TRACKS, [1])
    await stream.next()
    waiting = asyncio.ensure_future(stream.next())
    events.tell(TRACKS, [1])
    await asyncio.sleep(0)
    assert not waiting.done()

    events.tell(TRACKS, [2])

    assert b"[2]" in await waiting


async def test_of_contraries_one_is_so() -> None:
    """Each change between them is told, and who comes later hears of the one that lasts."""
    events = Events()
    stream = events.listen([ACTIVE, INACTIVE])
    told = []
    for kind in (INACTIVE, ACTIVE, INACTIVE):
        events.tell(kind, {})
        told.append(await stream.next())
    events.tell(ACTIVE, {})
    events.tell(INACTIVE, {})

    assert [text.split()[1] for text in told] == [b"inactive", b"active", b"inactive"]
    assert await stream.next() == told[0]
    assert await events.listen([ACTIVE, INACTIVE]).next() == told[0]


async def test_the_end_wakes_all() -> None:
    """And whoever left is told nothing."""
    events = Events()
    stays, leaves = events.listen([TRACKS]), events.listen([TRACKS])
    events.drop(leaves)
    assert len(events) == 1

    events.close()

    assert await stays.next() == b""
    assert stays.is_closed
    assert not leaves.is_closed


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 2))))
async def test_what_is_unread_is_what_is_so(story: list[tuple[str, int]]) -> None:
    """Whoever reads at last knows as much as whoever listens only then, and never more of a type
    than one state.
    """
    events = Events()
    early = events.listen(TYPES)
    for kind, state in story:
        events.tell(kind, state)
    late = events.listen(TYPES)

    assert sorted(early._unread.items()) == sorted(late._unread.items())
    assert len(late._unread) <= len(TYPES) - 1
    if story:
        assert (
            b"event: %s\ndata: %d\n\n" % (story[-1][0].encode(), story[-1][1]) in await late.next()
        )
