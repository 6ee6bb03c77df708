"""Streams and their quality are told to webhooks, and to who is in the room."""

from collections.abc import Callable

from roomkit import Kit

from levelchat.bus.messages import Message, Quality, StreamStarted, StreamStopped
from levelchat.bus.seams import signal_subject
from rooms.reports import Reports


class Ears:
    """Takes the subscription, and hands on what a node says."""

    def __init__(self, kit: Kit) -> None:
        self.bus = kit.bus
        self.handler: Callable[[Message], object] | None = None

    async def subscribe(self, subject: str, handler: object, group: str = "") -> None:
        self.handler = handler

    def publish(self, subject: str, message: Message) -> None:
        self.bus.publish(subject, message)

    async def say(self, message: Message) -> None:
        await self.handler(message)


async def test_streams_begin_and_end(kit: Kit) -> None:
    """`stream.started` and `stream.stopped`, and signalling hears the same."""
    room, ears = await kit.create(type="live"), Ears(kit)
    await Reports(ears, kit.transactions).start()
    started = StreamStarted(room.media_id, "s_1", "ada", ("video", "audio"), kit.now)
    stopped = StreamStopped(room.media_id, "s_1", "ada", "left", kit.now)

    await ears.say(started)
    await ears.say(stopped)

    assert kit.outbox.types == ["room.created", "stream.started", "stream.stopped"]
    assert [said for said in kit.bus.said if said[0] == signal_subject(room.media_id)] == [
        (signal_subject(room.media_id), started),
        (signal_subject(room.media_id), stopped),
    ]


async def test_a_bad_spell_is_one_alert(kit: Kit) -> None:
    """Many bad reports are one `qos.alert`."""
    room, ears = await kit.create(type="live"), Ears(kit)
    await Reports(ears, kit.transactions).start()

    for _ in range(10):
        await ears.say(Quality(room.media_id, "ada", 40.0, 0.2, kit.now))

    assert kit.outbox.types.count("qos.alert") == 1


async def test_unmanaged_rooms_are_nobodys_news(kit: Kit) -> None:
    """A stream in a room without a row is announced to nobody."""
    ears = Ears(kit)
    await Reports(ears, kit.transactions).start()

    await ears.say(StreamStarted("r_offline", "s_1", "ada", ("video",), kit.now))

    assert kit.outbox.types == []
