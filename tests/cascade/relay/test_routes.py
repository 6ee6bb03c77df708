"""Laws of cascade.relay.routes: a real node, asked over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from joserfc.jwk import KeySet
from relaykit import ROOM, SECRET, Cascade, Node, cascade

from levelchat.auth.keys import TokenKeys
from levelchat.auth.node_token import NodeTokens
from levelchat.clock import SystemClock

SDP = {"Content-Type": "application/sdp"}


@pytest.fixture
async def nodes() -> AsyncIterator[Cascade]:
    async with cascade() as made:
        yield made


@pytest.fixture
async def origin(nodes: Cascade) -> Node:
    node = await nodes.node("origin")
    nodes.publisher(node)
    return node


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def _bearer(node: str, secret: str = SECRET) -> dict[str, str]:
    tokens = NodeTokens(secret, TokenKeys(None, KeySet([])))
    token = tokens.mint(node, SystemClock().wall_ns() // 1_000_000_000)
    return {"Authorization": f"Bearer {token}"}


def _url(node: Node, session: str = "s_one", room: str = ROOM) -> str:
    return f"{node.relay.view.nodes[node.name].url}/v1/feeds/{room}/{session}"


async def _ask(
    http: aiohttp.ClientSession, method: str, url: str, node: str = "leaf", **options: object
) -> tuple[int, str, str]:
    headers = _bearer(node) | options.pop("headers", {})  # type: ignore[operator]
    async with http.request(method, url, headers=headers, **options) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def test_a_feed_is_offered_asked_about_and_ended(
    origin: Node, http: aiohttp.ClientSession
) -> None:
    """201 with an offer of one m-line a layer and the feed's URL, which says how silent it is,
    until it is deleted.
    """
    status, offer, location = await _ask(http, "POST", _url(origin))
    assert status == 201
    assert offer.count("m=") == 2
    assert "a=msid:s_one 0.h" in offer
    feed = _url(origin).rsplit("/v1", 1)[0] + location

    status, said, _ = await _ask(http, "GET", feed)
    assert (status, "silence_ms" in said) == (200, True)
    assert (await _ask(http, "PATCH", feed, data="v=0", headers=SDP))[0] == 400
    assert (await _ask(http, "PATCH", feed, data="{}"))[0] == 415
    assert (await _ask(http, "DELETE", feed))[0] == 200
    for method in ("GET", "DELETE"):
        assert (await _ask(http, method, feed))[0] == 404
    assert len(origin.relay.feeds) == 0


async def test_only_nodes_of_the_installation_are_fed(
    origin: Node, http: aiohttp.ClientSession
) -> None:
    """Without a token, or with one of another secret, nothing is given."""
    for headers in ({}, {"Authorization": "Basic x"}, _bearer("leaf", "x" * 16)):
        async with http.post(_url(origin), headers=headers) as answer:
            assert answer.status == 401
    assert len(origin.relay.feeds) == 0


async def test_a_feed_is_its_nodes_alone(origin: Node, http: aiohttp.ClientSession) -> None:
    """To another node it is as if it were not there."""
    _, _, location = await _ask(http, "POST", _url(origin))
    feed = _url(origin).rsplit("/v1", 1)[0] + location
    for method in ("GET", "PATCH", "DELETE"):
        assert (await _ask(http, method, feed, "other"))[0] == 404
    assert len(origin.relay.feeds) == 1


@pytest.mark.parametrize(
    ("session", "room", "node", "status"),
    [
        ("s_two", ROOM, "leaf", 404),
        ("s_one", "r_other", "leaf", 404),
        ("s_one", "nowhere", "leaf", 404),
        ("s.one", ROOM, "leaf", 404),
        ("s_one", ROOM, "origin", 409),
    ],
)
async def test_what_is_not_here_is_not_offered(
    origin: Node,
    http: aiohttp.ClientSession,
    session: str,
    room: str,
    node: str,
    status: int,
) -> None:
    """Nor is what would go round in a circle."""
    assert (await _ask(http, "POST", _url(origin, session, room), node))[0] == status


async def test_a_node_that_stops_feeds_nobody_new(
    origin: Node, http: aiohttp.ClientSession
) -> None:
    """503; those that it feeds it does not cut off."""
    await _ask(http, "POST", _url(origin))
    await origin.relay.drain()
    assert (await _ask(http, "POST", _url(origin)))[0] == 503
    assert len(origin.relay.feeds) == 1
