"""Laws of a connection to NATS, with a real server."""

import asyncio
from pathlib import Path

import pytest
import structlog
from jetstream import JetStreamServer
from nats.errors import Error as NatsError
from structlog.testing import capture_logs

from levelchat.bus.nats_connection import Faults, connection, heed


async def test_whoever_uses_it_hears_that_it_is_over(tmp_path: Path) -> None:
    """A server that goes away is told by the event, and the client makes no other connection."""
    server = JetStreamServer(tmp_path)
    server.start()
    lost, faults = asyncio.Event(), Faults(structlog.get_logger(), "fault")
    try:
        async with connection(f"nats://127.0.0.1:1, {server.url}", "me", lost, faults) as client:
            assert client.is_connected
            server.stop()
            async with asyncio.timeout(10):
                await lost.wait()
            assert not client.is_connected
    finally:
        server.stop()


async def test_without_a_server_there_is_no_connection() -> None:
    """It raises instead of waiting for one."""
    faults = Faults(structlog.get_logger(), "fault")
    with pytest.raises((NatsError, OSError)):
        async with connection("nats://127.0.0.1:1", "me", asyncio.Event(), faults):
            pass


def test_a_fault_is_told_once_an_outage() -> None:
    """Each kind once, and again after it was over."""
    with capture_logs() as told:
        faults = Faults(structlog.get_logger(), "bus fault")
        for error in (OSError("away"), OSError("away"), TimeoutError("late")):
            faults.tell(error)
        faults.clear()
        faults.tell(OSError("away"))
    assert [line["error"] for line in told] == [
        "OSError: away",
        "TimeoutError: late",
        "OSError: away",
    ]
    assert {line["event"] for line in told} == {"bus fault"}


async def test_a_cancellation_that_was_swallowed_still_counts() -> None:
    """A task that was asked to end does, at the next look."""

    async def swallow() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            heed()

    task = asyncio.create_task(swallow())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
