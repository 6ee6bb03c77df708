"""Laws of what WHIP and WHEP share over HTTP."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Counter

from levelchat.service import problem, sdp_http
from levelchat.service.errors import RoomNotFound
from levelchat.service.sdp_http import CORS, SDP


async def test_refusals_are_counted_and_readable_from_any_page() -> None:
    """With the headers that pages need; a good room name passes."""
    registry = CollectorRegistry()
    refused = Counter("refused", "Requests", ["code"], registry=registry)

    async def handler(request: web.Request) -> web.StreamResponse:
        room = sdp_http.room_of(request)
        return sdp_http.response(201, room, SDP, {"ETag": '"x"'}, ["<a>; rel=b", "<c>; rel=d"])

    application = web.Application(middlewares=[problem.middleware])
    application.add_routes([web.get("/{room}", sdp_http.guarded(handler, refused))])
    async with TestClient(TestServer(application)) as client:
        bad = await client.get("/kitchen")
        code = (await bad.json())["code"]
        good = await client.get("/r_kitchen")
        text = await good.text()

    assert (bad.status, code) == (404, RoomNotFound.code)
    assert bad.headers["Access-Control-Allow-Origin"] == "*"
    assert registry.get_sample_value("refused_total", {"code": RoomNotFound.code}) == 1
    assert (good.status, text) == (201, "r_kitchen")
    assert good.headers["Content-Type"] == SDP
    assert good.headers.getall("Link") == ["<a>; rel=b", "<c>; rel=d"]
    assert good.headers["ETag"] == '"x"'


@pytest.mark.parametrize("name", ["Access-Control-Allow-Headers", "Accept-Post", "Accept-Patch"])
def test_a_preflight_says_what_is_taken(name: str) -> None:
    """And keeps what every answer says."""
    headers = sdp_http.preflight(SDP, ("a/b", "c/d"))

    assert headers[name]
    assert headers["Accept-Patch"] == "a/b, c/d"
    assert CORS.items() <= headers.items()
