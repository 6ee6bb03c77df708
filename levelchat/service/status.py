"""What every process says of itself: health, readiness, metrics, public keys, errors."""

from collections.abc import Sequence

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from levelchat.service import catalogue
from levelchat.service.plane import Context, Plane


class StatusRoutes:
    """`/healthz`, `/readyz`, `/metrics`, `/.well-known/jwks.json`, `/docs/errors`."""

    def __init__(self, planes: Sequence[Plane]) -> None:
        self._planes = planes
        self.ready = False
        self.draining = False

    def routes(self, context: Context) -> list[web.RouteDef]:
        """The routes, bound to *context*'s metrics and keys."""

        async def metrics(_request: web.Request) -> web.Response:
            body = generate_latest(context.metrics)
            return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

        async def jwks(_request: web.Request) -> web.Response:
            body = msgspec.json.encode(context.keys.jwks())
            return web.Response(body=body, content_type="application/json")

        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", metrics),
            web.get("/.well-known/jwks.json", jwks),
            web.get("/docs/errors", _errors),
        ]

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        reasons = self._unready()
        status = "unready" if reasons else "ready"
        return web.json_response(
            {"status": status, "reasons": reasons}, status=503 if reasons else 200
        )

    def _unready(self) -> list[str]:
        if self.draining:
            return ["draining"]
        if not self.ready:
            return ["starting"]
        return [f"{plane.name}: {why}" for plane in self._planes for why in plane.unready()]


async def _errors(_request: web.Request) -> web.Response:
    return web.Response(text=catalogue.page(), content_type="text/html")
