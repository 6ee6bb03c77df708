"""Laws of listening to a room."""

import asyncio

import pytest
from fake_signal import ADA, BOB

from levelchat.client.listeners import Listeners
from levelchat.client.room_events import Closed, ParticipantJoined


async def test_events_are_read_in_order_to_the_end() -> None:
    """What was told before the end is still read; after it comes nothing."""
    listeners = Listeners()
    listeners.tell(ParticipantJoined(ADA))
    listeners.tell(ParticipantJoined(BOB))
    listeners.end()

    assert [await listeners.next() for _ in range(3)] == [
        ParticipantJoined(ADA),
        ParticipantJoined(BOB),
        None,
    ]


async def test_a_reader_waits_for_the_next() -> None:
    """Until something happens, or nothing will."""
    listeners = Listeners()
    reading = asyncio.create_task(listeners.next())
    await asyncio.sleep(0)
    listeners.tell(Closed(4000))
    assert await reading == Closed(4000)

    reading = asyncio.create_task(listeners.next())
    await asyncio.sleep(0)
    listeners.end()
    assert await reading is None


async def test_callbacks_are_called_by_name() -> None:
    """Each with its own events, until it is taken off."""
    listeners = Listeners()
    heard: list[str] = []

    def listen(participant: object) -> None:
        heard.append(participant.identity)  # type: ignore[attr-defined]

    listeners.on("participant-joined", listen)
    listeners.tell(ParticipantJoined(ADA))
    listeners.tell(Closed(None))
    listeners.off("participant-joined", listen)
    listeners.tell(ParticipantJoined(BOB))

    assert heard == ["ada"]


def test_a_name_that_no_event_has_is_refused() -> None:
    """A typing error is heard at once, not never."""
    with pytest.raises(ValueError, match="participant-joined"):
        Listeners().on("participant_joined", print)


def test_a_callback_that_fails_harms_nobody_else() -> None:
    """The next callback is called, and the event is read."""
    listeners = Listeners()
    heard: list[object] = []
    listeners.on("closed", lambda _event: 1 / 0)
    listeners.on("closed", heard.append)

    listeners.tell(Closed(4000))

    assert heard == [Closed(4000)]


async def test_a_queue_that_nobody_reads_is_bounded() -> None:
    """The oldest are dropped, and counted."""
    listeners = Listeners(kept=2)
    for code in (1, 2, 3):
        listeners.tell(Closed(code))

    assert (await listeners.next(), listeners.dropped) == (Closed(2), 1)
