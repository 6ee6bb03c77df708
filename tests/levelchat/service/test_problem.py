"""Laws of levelchat.service.problem."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.test_utils import TestClient

from levelchat.auth.errors import TokenMissing
from levelchat.errors import PeerError
from levelchat.service import problem

Client = Callable[[web.Application], Awaitable[TestClient[web.Request, web.Application]]]


async def _refuse(_request: web.Request) -> web.Response:
    raise TokenMissing("send one")


class _Wrong(PeerError):
    code = "wrong"
    status = 422

    def __init__(self) -> None:
        super().__init__("b: is not one")
        self.flaws = [problem.Wrong("b", "is not one")]


async def _judge(_request: web.Request) -> web.Response:
    raise _Wrong


async def _break(_request: web.Request) -> web.Response:
    raise ZeroDivisionError


def _application() -> web.Application:
    application = web.Application(middlewares=[problem.middleware], client_max_size=10)
    application.add_routes([web.get("/refuse", _refuse), web.get("/break", _break)])
    application.add_routes([web.get("/judge", _judge)])
    return application


async def test_our_errors_become_problem_documents(aiohttp_client: Client) -> None:
    """An error leaves as RFC 9457 problem+json with its code, status and headers."""
    answer = await (await aiohttp_client(_application())).get("/refuse")
    body = await answer.json(content_type="application/problem+json")

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (body["code"], body["detail"], body["instance"]) == (
        "token_missing",
        "send one",
        "/refuse",
    )
    assert body["request_id"].startswith("req_")
    assert answer.headers["X-Request-Id"] == body["request_id"]
    assert "errors" not in body


async def test_each_flaw_is_named(aiohttp_client: Client) -> None:
    """An error with `flaws` lists them as `errors`, each with its path and message."""
    answer = await (await aiohttp_client(_application())).get("/judge")
    body = await answer.json(content_type="application/problem+json")

    assert (answer.status, body["errors"]) == (422, [{"path": "b", "message": "is not one"}])


async def test_a_defect_is_a_500_that_tells_nothing(aiohttp_client: Client) -> None:
    """What a handler forgot to catch becomes a 500 without its message."""
    answer = await (await aiohttp_client(_application())).get("/break")
    body = await answer.json(content_type="application/problem+json")

    assert (answer.status, body["code"]) == (500, "internal")
    assert "Zero" not in str(body)


async def test_aiohttps_own_refusals_look_the_same(aiohttp_client: Client) -> None:
    """No route and a wrong method are problem documents too."""
    client = await aiohttp_client(_application())
    missing = await client.get("/nowhere")
    wrong = await client.post("/refuse")

    assert (missing.status, missing.content_type) == (404, "application/problem+json")
    assert (wrong.status, "GET" in wrong.headers["Allow"]) == (405, True)
    codes = [(await answer.json(content_type=None))["code"] for answer in (missing, wrong)]
    assert codes == ["not_found", "method_not_allowed"]
