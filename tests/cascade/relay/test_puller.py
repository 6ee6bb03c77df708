"""Laws of cascade.relay.puller: parents that do not do what they should."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from relaykit import ROOM, Cascade, Node, cascade

from cascade.relay.errors import PullFailed
from cascade.relay.health import Report
from cascade.relay.link import Link, Parent
from cascade.relay.puller import Puller
from cascade.relay.records import NodeRecord

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def leaf() -> AsyncIterator[Node]:
    async with cascade() as nodes:
        yield await nodes.node("leaf")


@pytest.fixture
async def puller(leaf: Node) -> AsyncIterator[Puller]:
    async with aiohttp.ClientSession() as http:
        yield Puller("leaf", leaf.endpoint, leaf.clock, http, lambda node, now: f"{node}-{now}")


async def _parent(answer: Answer) -> TestServer:
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answer)
    server = TestServer(application)
    await server.start_server()
    return server


def _record(url: str) -> NodeRecord:
    return NodeRecord("bad", url.rstrip("/"))


@pytest.mark.parametrize(
    ("status", "text", "location"),
    [
        (500, "", "/feed"),
        (302, "", "/elsewhere"),
        (201, "what?", "/feed"),
        (201, "v=0\r\n", ""),
        (201, "v=0\r\n", "http://127.0.0.1:1/feed"),
        (201, "x" * 300_000, "/feed"),
        (201, "v=0\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n", "/feed"),
    ],
)
async def test_a_bad_answer_is_a_failed_pull(
    leaf: Node, puller: Puller, status: int, text: str, location: str
) -> None:
    """Whatever is wrong with it: nothing stays open, and the token goes nowhere else."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.headers['Authorization'][:12]}")
        headers = {"Location": location} if location else {}
        return web.Response(status=status, text=text, headers=headers)

    server = await _parent(answer)
    ready: list[Link] = []
    with pytest.raises(PullFailed, match="bad does not give s_one"):
        await puller.pull(
            _record(str(server.make_url("/"))), ("bad",), ROOM, "s_one", ready.append
        )
    await server.close()

    assert asked == ["POST Bearer leaf-"]
    assert ready == []
    assert leaf.endpoint.metrics.peers == 0


async def test_a_parent_that_is_not_there_is_a_failed_pull(puller: Puller) -> None:
    """At once, not after the deadline."""
    ready: list[Link] = []
    with pytest.raises(PullFailed):
        await puller.pull(_record("http://127.0.0.1:1"), ("bad",), ROOM, "s_one", ready.append)


async def test_a_parent_that_answers_nonsense_has_not_answered(leaf: Node, puller: Puller) -> None:
    """What it says of its silence must be a number; where nothing listens, the node is gone."""
    bodies = iter(["{}", "[]", "nonsense", '{"silence_ms": "1"}', "x" * 10_000])

    async def answer(request: web.Request) -> web.Response:
        assert request.method == "GET"
        return web.Response(text=next(bodies))

    server = await _parent(answer)
    link = Link(Parent("bad", ("bad",)), leaf.endpoint, leaf.clock)
    link.resource = str(server.make_url("/feed"))
    assert [await puller.ask(link, 5) for _ in range(5)] == [Report()] * 5
    await server.close()
    assert await puller.ask(link, 5) == Report(is_gone=True)
    await puller.end(link)


async def test_a_session_is_pulled(nodes_puller: tuple[Cascade, Puller]) -> None:
    """From a node that does what it should, which then can be asked and told of the end."""
    nodes, puller = nodes_puller
    origin = await nodes.node("origin")
    nodes.publisher(origin)
    record = origin.relay.view.nodes["origin"]

    ready: list[Link] = []
    link = await puller.pull(record, ("origin",), ROOM, "s_one", ready.append)
    assert ready == [link]
    assert link.is_connected
    report = await puller.ask(link, 5)
    assert report.silence_ms is not None
    assert report.silence_ms < 5000
    await puller.end(link)
    assert len(origin.relay.feeds) == 0
    assert await puller.ask(link, 5) == Report()
    link.close("the test is over")


@pytest.fixture
async def nodes_puller() -> AsyncIterator[tuple[Cascade, Puller]]:
    async with cascade() as nodes, aiohttp.ClientSession() as http:
        leaf = await nodes.node("leaf")
        yield nodes, Puller("leaf", leaf.endpoint, leaf.clock, http, leaf.relay._means.mint)
