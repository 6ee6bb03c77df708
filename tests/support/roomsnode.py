"""A whole `levelchat serve` with rooms, as a process of its own, and a client to it."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness import Server, start_server, stop

from levelchat.client import LevelChat

ROOMS_ONLY = '["rooms"]'
HOOKS = {"LEVELCHAT_ROOMS__WEBHOOK_PRIVATE_ADDRESSES": "true"}
"""So that webhooks may be delivered to the test itself."""


@asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncIterator[Server]:
    """A server that is ready; it is stopped afterwards if it still runs."""
    server = await asyncio.to_thread(lambda: start_server(folder, **(HOOKS | environment)))
    try:
        yield server
    finally:
        if server.process.poll() is None:
            await asyncio.to_thread(stop, server.process)


def api_key(server: Server, **environment: str) -> str:
    """A new key to the default project, made beside the running server."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "levelchat", "admin", "key", "create"),
            *("--org", "default", "--project", "default"),
            *("--data", str(server.data), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["key"])


async def client(server: Server, **environment: str) -> LevelChat:
    """A client with a key of its own."""
    key = await asyncio.to_thread(lambda: api_key(server, **environment))
    return LevelChat(server.base, key)


def ask(url: str, token: str, method: str = "GET", body: Any = None) -> tuple[int, dict[str, str]]:
    """Status and headers of one request, without any retry."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - our own URL
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


def text(url: str, token: str) -> str:
    """The body of a good answer, else nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own URL
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - our own URL
            return str(answer.read().decode())
    except OSError:
        return ""


async def eventually(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of *condition* (which may be a coroutine function)."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                value = condition()
                if asyncio.iscoroutine(value):
                    value = await value
                if value:
                    return value
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None
