"""Laws of every bus, kept by the one in a process and by NATS."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from levelchat.bus.errors import BusUnavailable, Refused
from levelchat.bus.messages import Joined, KeyRevoked, Message, RoomOpened, StandingWanted
from levelchat.bus.seams import Bus
from levelchat.errors import LevelChatError, PeerError

NewBus = Callable[[], Awaitable[Bus]]
SUBJECT = "control"


class _Full(PeerError):
    code = "room_full"
    status = 409
    title = "The room is full"


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def _nothing(message: Message) -> Message:
    return message


async def test_messages_arrive_in_order(new_bus: NewBus) -> None:
    """What one sender says on one subject is heard in that order."""
    speaker, listener = await new_bus(), await new_bus()
    heard: list[Message] = []
    await listener.subscribe(SUBJECT, heard.append)

    said = [RoomOpened(f"r_{number}") for number in range(500)]
    for message in said:
        speaker.publish(SUBJECT, message)
    await _until(lambda: len(heard) == 500)

    assert heard == said


async def test_a_slow_handler_is_called_one_by_one(new_bus: NewBus) -> None:
    """The next message waits until the handler is done with the one before."""
    bus = await new_bus()
    events: list[str] = []

    async def slow(message: Message) -> None:
        events.append("begins")
        await asyncio.sleep(0.01)
        events.append("ends")

    await bus.subscribe(SUBJECT, slow)
    for _ in range(3):
        bus.publish(SUBJECT, KeyRevoked("k"))
    await _until(lambda: len(events) == 6)

    assert events == ["begins", "ends"] * 3


async def test_every_listener_hears_and_one_of_a_group(new_bus: NewBus) -> None:
    """Each message reaches all who listen alone, and exactly one member of each group."""
    speaker, one, two = await new_bus(), await new_bus(), await new_bus()
    alone: list[Message] = []
    first: list[Message] = []
    second: list[Message] = []
    await one.subscribe(SUBJECT, alone.append)
    await one.subscribe(SUBJECT, first.append, group="rooms")
    await two.subscribe(SUBJECT, second.append, group="rooms")

    said = [RoomOpened(f"r_{number}") for number in range(100)]
    for message in said:
        speaker.publish(SUBJECT, message)
    await _until(lambda: len(alone) == 100 and len(first) + len(second) >= 100)

    names = [item.media_id for item in first + second if isinstance(item, RoomOpened)]
    assert sorted(names) == sorted(f"r_{number}" for number in range(100))
    assert first
    assert second


async def test_subjects_are_apart(new_bus: NewBus) -> None:
    """Nobody hears what is said on another subject, and a request is not a word to listeners."""
    bus = await new_bus()
    heard: list[Message] = []
    await bus.subscribe(SUBJECT, heard.append, group="rooms")
    await bus.respond(SUBJECT, _nothing, group="rooms")

    bus.publish("other", KeyRevoked("k"))
    await bus.request(SUBJECT, StandingWanted(), 5)
    bus.publish(SUBJECT, KeyRevoked("mine"))
    await _until(lambda: heard)

    assert heard == [KeyRevoked("mine")]


async def test_who_left_hears_nothing(new_bus: NewBus) -> None:
    """A closed subscription is called no more; the others still are. Closing twice is fine."""
    bus = await new_bus()
    gone: list[Message] = []
    there: list[Message] = []
    subscription = await bus.subscribe(SUBJECT, gone.append)
    await bus.subscribe(SUBJECT, there.append)

    await subscription.close()
    await subscription.close()
    bus.publish(SUBJECT, KeyRevoked("k"))
    await _until(lambda: there)

    assert gone == []


async def test_a_handlers_fault_disturbs_nobody(new_bus: NewBus) -> None:
    """It is called again for the next message, and others are not disturbed."""
    bus = await new_bus()
    called: list[Message] = []
    heard: list[Message] = []

    async def broken(message: Message) -> None:
        called.append(message)
        raise RuntimeError("a defect")

    await bus.subscribe(SUBJECT, broken)
    await bus.subscribe(SUBJECT, heard.append)
    for _ in range(2):
        bus.publish(SUBJECT, KeyRevoked("k"))
    await _until(lambda: len(called) == len(heard) == 2)


async def test_a_request_is_answered(new_bus: NewBus) -> None:
    """By what the responder returns, for each who asks at the same time."""
    asker, responder = await new_bus(), await new_bus()

    async def answer(message: Message) -> Message:
        assert isinstance(message, RoomOpened)
        await asyncio.sleep(0.02)
        return Joined(managed=True, participant=message.media_id)

    await responder.respond("joins", answer, group="rooms")
    answers = await asyncio.gather(
        *(asker.request("joins", RoomOpened(f"r_{number}"), 5) for number in range(50))
    )

    assert answers == [Joined(managed=True, participant=f"r_{number}") for number in range(50)]


@pytest.mark.parametrize("error", [_Full("it takes 2"), ValueError("a defect")])
async def test_a_refusal_reaches_who_asked(new_bus: NewBus, error: Exception) -> None:
    """With the responder's own code, status, title and detail; a defect is a plain 500."""
    bus = await new_bus()

    async def refuse(_message: Message) -> Message:
        raise error

    await bus.respond("joins", refuse)
    with pytest.raises(Refused) as caught:
        await bus.request("joins", StandingWanted(), 5)

    refused: LevelChatError = caught.value
    if isinstance(error, _Full):
        assert (refused.code, refused.status) == ("room_full", 409)
        assert (refused.title, refused.detail) == ("The room is full", "it takes 2")
    else:
        assert (refused.code, refused.status) == ("internal", 500)


async def test_nobody_there_is_said_at_once(new_bus: NewBus) -> None:
    """A request that nobody could answer does not wait for its deadline."""
    bus = await new_bus()

    async with asyncio.timeout(5):
        with pytest.raises(BusUnavailable):
            await bus.request("joins", StandingWanted(), 60)


async def test_silence_is_an_answer_too(new_bus: NewBus) -> None:
    """A responder that is too slow is as good as none; what it began it brings to its end."""
    bus = await new_bus()
    done = asyncio.Event()

    async def sleepy(message: Message) -> Message:
        await asyncio.sleep(0.2)
        done.set()
        return message

    await bus.respond("joins", sleepy)
    with pytest.raises(BusUnavailable):
        await bus.request("joins", StandingWanted(), 0.05)
    async with asyncio.timeout(5):
        await done.wait()


async def test_a_responder_that_left_answers_no_more(new_bus: NewBus) -> None:
    """Closing takes it off the bus."""
    bus = await new_bus()
    subscription = await bus.respond("joins", _nothing)
    await bus.request("joins", StandingWanted(), 5)

    await subscription.close()

    with pytest.raises(BusUnavailable):
        await bus.request("joins", StandingWanted(), 5)


async def test_who_stops_may_wait_until_all_is_said(new_bus: NewBus) -> None:
    """After `settle` the last words are out, and it does not wait for ever."""
    speaker, listener = await new_bus(), await new_bus()
    heard: list[Message] = []
    await listener.subscribe(SUBJECT, heard.append)

    speaker.publish(SUBJECT, KeyRevoked("last words"))
    await speaker.settle(5)
    await listener.settle(5)
    await _until(lambda: heard)

    stuck = asyncio.Event()

    async def slow(_message: Message) -> None:
        await stuck.wait()

    await speaker.subscribe("slow", slow)
    speaker.publish("slow", KeyRevoked("k"))
    async with asyncio.timeout(5):
        await speaker.settle(0.05)
    stuck.set()
