"""The rooms plane as the server runs it.

Comes in: the context. Goes out: a plane. It goes on trying while the database is away, so that
nothing else of the process waits for it.
"""

import asyncio
import sys
from collections.abc import Sequence

import structlog
from aiohttp import web

from levelchat.bus.seams import CONTROL
from levelchat.service.plane import Context, Plane
from rooms import opening
from rooms.assembly import Parts, assemble
from rooms.errors import StoreUnavailable

_log = structlog.get_logger("rooms")

HEALTH_SECONDS = 5.0
"""How often `/readyz`'s knowledge of the store is renewed."""


def create(context: Context) -> Plane:
    """The plane, built from *context*."""
    return RoomsPlane(assemble(context))


class RoomsPlane:
    """Opens the store, then lets its parts work."""

    name = "rooms"

    def __init__(self, parts: Parts, health_seconds: float = HEALTH_SECONDS) -> None:
        self._parts = parts
        self._health_seconds = health_seconds
        self._trouble = "the store is not open yet"

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [*self._parts.api.routes(), *self._parts.signalling.routes()]

    async def run(self) -> None:
        """Owns all tasks of rooms until cancelled."""
        parts = self._parts
        await opening.open_store(parts.url, parts.store)
        try:
            await self._show_first_key()
            for listener in parts.listeners:
                await listener.start()
            await parts.bus.subscribe(CONTROL, parts.api.on_control)
            self._trouble = ""
            async with asyncio.TaskGroup() as tasks:
                for worker in parts.workers:
                    tasks.create_task(worker.run())
                tasks.create_task(self._watch_the_store())
        finally:
            await parts.store.close()

    async def drain(self) -> None:
        """Sends those who signal here elsewhere; their sessions wait for them."""
        await self._parts.signalling.drain()

    def unready(self) -> list[str]:
        trouble = [self._trouble] if self._trouble else []
        if not self._parts.bus.connected:
            trouble.append("the bus cannot be reached")
        return trouble

    async def _show_first_key(self) -> None:
        made = await opening.first_key(self._parts.transactions, self._parts.tenants)
        if made is not None:
            # Not a log line: logs are kept, and a key is shown once.
            sys.stderr.write(
                f"\n  API key of the default project, shown this once: {made.key}\n"
                "  More of them: levelchat admin key create --org default --project default\n\n"
            )

    async def _watch_the_store(self) -> None:
        while True:
            try:
                await self._parts.store.ping()
                self._trouble = ""
            except StoreUnavailable as error:
                if not self._trouble:
                    _log.warning("the store is away", reason=error.detail)
                self._trouble = "the store cannot be reached"
            await asyncio.sleep(self._health_seconds)
