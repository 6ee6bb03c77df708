"""Laws of the HTTP load."""

import asyncio

import pytest
from aiohttp import web
from fake_api import FakeApi, bad, fake_api, good

from bench import load_http
from bench.load_http import LoadFailed, Pool, request


def _pool(api: FakeApi, most: int = 512) -> Pool:
    return Pool(int(api.url.rpartition(":")[2]), most)


async def test_a_request_is_understood() -> None:
    """Method, path, key, body and headers arrive; status and body come back."""
    async with fake_api() as api:
        api.answers = [bad(402, "quota_exceeded")]
        pool = _pool(api)
        sent = request("POST", "/v1/x", "key", {"a": 1}, Idempotency_Key="k")
        answer = await pool.ask(sent)
        pool.close()

    assert answer.status == 402
    assert b"quota_exceeded" in answer.body
    (asked,) = api.asked
    assert (asked.method, asked.path, asked.json) == ("POST", "/v1/x", {"a": 1})
    assert (asked.headers["authorization"], asked.headers["idempotency-key"]) == (
        "Bearer key",
        "k",
    )


async def test_a_server_that_stands_still_costs_every_request_that_was_due() -> None:
    """Latency runs from when a request was due: waiting for its turn is waiting."""
    open_now = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await open_now.wait()
        return good({})

    async with fake_api() as api:
        api.answers = [wait]
        pool = _pool(api, most=1)
        asyncio.get_running_loop().call_later(0.2, open_now.set)
        paced = await load_http.at_rate(pool, [request("GET", "/", "k")] * 10, 100)
        pool.close()

    # The last was due 90 ms after the first, and the server began at 200 ms.
    assert min(paced.latency.readings()) > 100_000_000
    assert (len(paced.latency), paced.failures) == (10, 0)


async def test_failures_are_counted_or_raised() -> None:
    """At a fixed rate they are a figure; at full speed they are no measurement."""
    async with fake_api() as api:
        api.answers = [bad(503, "store_unavailable")]
        pool = _pool(api)
        paced = await load_http.at_rate(pool, [request("GET", "/", "k")] * 3, 1000)
        with pytest.raises(ExceptionGroup) as raised:
            await load_http.as_fast_as_possible(pool, lambda _: request("GET", "/", "k"), 2, 0.1)
        pool.close()

    assert paced.failures == 3
    assert raised.group_contains(LoadFailed, match="store_unavailable")


async def test_full_speed_counts_good_answers() -> None:
    """A second, over all connections."""
    async with fake_api() as api:
        api.answers = [good({})]
        pool = _pool(api)
        rate, latency = await load_http.as_fast_as_possible(
            pool, lambda _: request("GET", "/", "k"), 4, 0.2
        )
        pool.close()

    assert rate > 10
    assert len(latency) == len(api.asked)
