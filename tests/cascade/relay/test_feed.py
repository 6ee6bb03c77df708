"""Laws of cascade.relay.feed (and of feeds at work: test_relay.py)."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from relaykit import ROOM, Cascade, Publisher, cascade, until

from cascade.relay.errors import FeedNotFound, NotCarried
from cascade.relay.feed import Feeds, Ground
from levelchat.media.stage import Publication


@pytest.fixture
async def nodes() -> AsyncIterator[Cascade]:
    async with cascade() as made:
        yield made


async def _published(nodes: Cascade) -> tuple[Feeds, Publisher, Publication]:
    node = await nodes.node("origin")
    publisher = nodes.publisher(node)
    return node.relay.feeds, publisher, publisher.publication()


async def test_nodes_below_are_counted_once(nodes: Cascade) -> None:
    """However many sessions of the room each of them pulls."""
    feeds, publisher, _ = await _published(nodes)
    nodes.publisher(publisher.node, "s_two")
    for node, session in (("a", "s_one"), ("a", "s_two"), ("b", "s_one")):
        feeds.offer(ROOM, session, node)
    assert (len(feeds), feeds.children(ROOM), feeds.children("r_other")) == (3, 2, 0)
    assert feeds.fed() == {(ROOM, "s_one"), (ROOM, "s_two")}


async def test_a_feed_goes_on_when_sources_change(nodes: Cascade) -> None:
    """What the m-lines say holds for the same tracks; with other tracks, or none, it ends."""
    feeds, publisher, publication = await _published(nodes)
    stage = publisher.node.relay.stage
    key, _ = feeds.offer(ROOM, "s_one", "leaf")
    stage.publish(msgspec.structs.replace(publication, depth=1))
    assert feeds.node_of(key) == "leaf"

    stage.publish(msgspec.structs.replace(publication, tracks=publication.tracks[:1]))
    assert len(feeds) == 0

    key, text = feeds.offer(ROOM, "s_one", "leaf")
    assert text.count("m=") == 1
    stage.unpublish(ROOM, "s_one")
    assert len(feeds) == 0
    for ask in (feeds.silence_ms, feeds.end):
        with pytest.raises(FeedNotFound):
            ask(key)
    with pytest.raises(FeedNotFound):
        feeds.answer(key, "")


async def test_what_comes_from_nowhere_is_not_fed(nodes: Cascade) -> None:
    """A session whose own link is broken would be fed in a circle."""
    _, publisher, _ = await _published(nodes)
    node = publisher.node
    feeds = Feeds(Ground(node.relay.stage, node.endpoint, node.clock), lambda *_: ())
    with pytest.raises(NotCarried):
        feeds.offer(ROOM, "s_one", "leaf")


async def test_silence_is_that_of_the_newest_packet(nodes: Cascade) -> None:
    """Little while the publisher sends, and growing once it does not."""
    feeds, publisher, _ = await _published(nodes)
    key, _ = feeds.offer(ROOM, "s_one", "leaf")
    await until(lambda: feeds.silence_ms(key) < 100)
    publisher.paused = True
    await until(lambda: feeds.silence_ms(key) > 150)
