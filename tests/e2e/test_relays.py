"""The tree of nodes as it is run: processes that find each other over NATS, and die."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import until
from relaynodes import RATE, Installation, Node, arrived, crowd, installation

SUBSCRIBERS = 50
FREEZE_SECONDS = 1.5


def nodes_of(node: Node) -> float:
    """How many nodes it knows."""
    return node.metric("levelchat_relay_nodes")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as running:
        yield running


async def test_a_relay_is_killed_under_fifty_subscribers(made: Installation) -> None:
    """Their node pulls of another at once: all see a freeze shorter than 1.5 s, the same stream,
    and no number missing.
    """
    origin = made.start("origin", "here", "cascade,ingest")
    middle = made.start("middle", "there", "cascade")
    leaf = made.start("leaf", "there", "cascade")
    async with crowd(made, origin) as people:
        await people.subscribe(middle, 1)
        below = await people.subscribe(leaf, SUBSCRIBERS)
        # In its own region there is a node that has it.
        assert middle.metric("levelchat_relay_feeds") == 1
        await arrived(below, RATE)
        for receiver in below:
            receiver.forget()

        middle.process.send_signal(signal.SIGKILL)
        await arrived(below, 3 * RATE)

        assert max(receiver.longest for receiver in below) < FREEZE_SECONDS
        assert [receiver.missing for receiver in below] == [0] * SUBSCRIBERS
        assert {len(receiver.ssrcs) for receiver in below} == {1}
        assert leaf.metric("levelchat_relay_failovers_total") == 1


async def test_media_outlive_nats(made: Installation) -> None:
    """What flows goes on flowing while NATS is away for longer than records live; when it is back,
    nodes find each other again.
    """
    origin = made.start("origin", "here", "cascade,ingest")
    leaf = made.start("leaf", "there", "cascade")
    async with crowd(made, origin) as people:
        below = await people.subscribe(leaf, 2)
        for receiver in below:
            receiver.forget()

        made.nats.stop()
        await arrived(below, 6 * RATE)
        made.nats.start()

        late = await asyncio.to_thread(made.start, "late", "there", "cascade")
        await asyncio.to_thread(until, lambda: nodes_of(late) == 3, 15, "all nodes")
        (receiver,) = await people.subscribe(late, 1)
        await arrived([receiver, *below], RATE)
        assert max(receiver.longest for receiver in below) < FREEZE_SECONDS
        assert [receiver.missing for receiver in below] == [0, 0]
