"""What both databases' engines have in common: transactions, and one way to be away.

Comes in: an engine. Goes out: connections in a transaction; `StoreUnavailable` for every failure
that `rooms.store.failures` calls one.
"""

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rooms.store import failures


def translate(engine: Engine) -> None:
    """Makes statements on *engine* raise `StoreUnavailable` where the database is away."""
    event.listen(engine, "handle_error", _on_error)


@contextlib.asynccontextmanager
async def begun(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction on *engine*: committed when the block ends well, else rolled back."""
    async with connected(engine) as db, db.begin():
        yield db


@contextlib.asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of *engine*; raises `StoreUnavailable` when there is none."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            db = await stack.enter_async_context(engine.connect())
        except Exception as error:
            # Before there is a connection, drivers raise what the network raised.
            if failures.is_away(error):
                raise failures.unavailable(error) from error
            raise
        yield db


def _on_error(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, TimeoutError):
        # A server that does not answer one statement will not answer on the other pooled
        # connections: all are opened anew.
        context.is_disconnect = True
    away = context.is_disconnect or failures.is_away(error)
    if away and isinstance(error, Exception):
        raise failures.unavailable(error) from error
