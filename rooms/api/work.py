"""What is done for a call: in a transaction or without, once or as often as it is asked.

Comes in: a route and a call. Goes out: its answer as an HTTP response.
"""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from rooms.api import idempotency
from rooms.api.idempotency import Answer, Once
from rooms.api.route import Call, Route, Work
from rooms.store.transaction import Transactions

Worker = Callable[[Call, Once | None], Awaitable[web.StreamResponse]]
_encode = msgspec.json.Encoder().encode


def worker(route: Route, transactions: Transactions) -> Worker:
    """Does the work of *route*."""
    kinds = {Work.READ: _reading, Work.WRITE: _writing, Work.NONE: _alone}
    return kinds[route.work](route, transactions)


def _reading(route: Route, transactions: Transactions) -> Worker:
    async def work(call: Call, _once: Once | None) -> web.StreamResponse:
        async with transactions.reading(call.who.org_id) as tx:
            call.transaction = tx
            return _shape(route, await route.handler(call))

    return work


def _writing(route: Route, transactions: Transactions) -> Worker:
    async def work(call: Call, once: Once | None) -> web.StreamResponse:
        async with transactions.writing(call.who.org_id) as tx:
            call.transaction = tx
            if once is None:
                return _shape(route, await route.handler(call))
            first = await idempotency.claim(tx, call.who, once)
            if first is not None:
                return _replay(first)
            answer = _answer(route, await route.handler(call))
            await idempotency.fill(tx, call.who, once, answer)
        return _respond(answer)

    return work


def _alone(route: Route, transactions: Transactions) -> Worker:
    async def work(call: Call, once: Once | None) -> web.StreamResponse:
        if once is None:
            return _shape(route, await route.handler(call))
        async with transactions.reading(call.who.org_id) as tx:
            first = await idempotency.recall(tx, call.who, once)
        if first is None:
            answer = _answer(route, await route.handler(call))
            async with transactions.writing(call.who.org_id) as tx:
                first = await idempotency.keep(tx, call.who, once, answer)
            if first is None:
                return _respond(answer)
        return _replay(first)

    return work


def _shape(route: Route, result: object) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    return _respond(_answer(route, result))


def _answer(route: Route, result: object) -> Answer:
    return Answer(route.status, b"" if result is None else _encode(result))


def _respond(answer: Answer) -> web.Response:
    if not answer.body:
        return web.Response(status=answer.status)
    return web.Response(status=answer.status, body=answer.body, content_type="application/json")


def _replay(answer: Answer) -> web.Response:
    response = _respond(answer)
    response.headers[idempotency.REPLAYED] = "true"
    return response
