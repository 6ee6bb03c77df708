"""`levelchat webhook-listen` believes what a webhook signed, and says what came."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from levelchat.clock import SystemClock
from rooms.webhooks import payloads
from rooms.webhooks.signature import Parcel, headers

SECRET = "whsec_c2VjcmV0"
RUN = "from rooms.commands.webhook_listen import command; command()"


def _delivery(secret: str = SECRET, attempt: int = 1) -> tuple[dict[str, str], bytes]:
    now = SystemClock().wall_ns() // 1_000_000
    body = payloads.body("evt_1", "room.ended", "org_1", "prj_1", now, {"room": {"id": "r_Zoë"}})
    parcel = Parcel("evt_1", "room.ended", body.encode(), attempt, "whk_1")
    return headers(parcel, secret, now), body.encode()


class Listening:
    """The command, running."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self._url = url

    async def post(self, signed: dict[str, str], body: bytes) -> int:
        async with (
            ClientSession() as session,
            session.post(self._url, data=body, headers=signed) as answer,
        ):
            return answer.status

    async def end(self) -> tuple[int | None, list[str]]:
        """The exit code and what was printed."""
        out, _ = await asyncio.wait_for(self.process.communicate(), 15)
        return self.process.returncode, out.decode().splitlines()


@asynccontextmanager
async def _listening(*arguments: str) -> AsyncIterator[Listening]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RUN,
        "--port",
        "0",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        said = (await asyncio.wait_for(process.stderr.readline(), 30)).decode()
        yield Listening(process, said.split()[-1] + "hooks?a=b")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_good_and_bad_deliveries_are_told_apart() -> None:
    """Good ones get the status that was asked for, bad ones a 400; the exit code tells."""
    async with _listening("--secret", SECRET, "--status", "202", "--count", "3") as listening:
        assert await listening.post(*_delivery(attempt=2)) == 202
        assert await listening.post(*_delivery(secret="whsec_other")) == 400
        assert await listening.post({}, b"\xff") == 400
        code, lines = await listening.end()

    assert code == 3
    assert "room.ended  evt_1  attempt 2  verified" in lines[0]
    assert lines[1] == '  {"room":{"id":"r_Zoë"}}'
    assert lines[2].startswith("REFUSED  the signature")
    assert lines[3].startswith("REFUSED  there is no header")


async def test_json_has_one_line_a_delivery() -> None:
    """Without a secret nothing is verified, and it says so."""
    async with _listening("--json", "--count", "1") as listening:
        assert await listening.post(*_delivery()) == 200
        code, (line,) = await listening.end()

    received = json.loads(line)
    assert code == 0
    assert received["verified"] is False
    assert received["headers"]["X-LC-Webhook-Id"] == "evt_1"
    assert received["event"]["data"] == {"room": {"id": "r_Zoë"}}


async def test_a_signal_ends_it() -> None:
    """Ctrl-C is how one stops listening; it is no failure."""
    async with _listening() as listening:
        listening.process.terminate()
        assert await listening.end() == (0, [])
