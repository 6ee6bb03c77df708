"""Floods the UDP port with garbage by the million while a broadcast runs.

Comes in: how many datagrams, and how many a second. Goes out: what the server dropped, and whether
the broadcast lost anything. The server, the publisher and the flood are processes of their own.
"""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import click
import msgspec

from bench import local_server
from bench.local_server import LocalServer
from bench.udp_flood import Flood
from levelchat.client import inquiry
from levelchat.clock import SystemClock
from levelchat.errors import EnvironmentFault

ROOM = "r_garbage"
SETTLE_SECONDS = 3.0
"""For the broadcast to begin before the flood, and to be counted after it."""
CREATED = 201


class GarbageFailed(EnvironmentFault):
    """The measurement did not come about."""

    code = "bench_garbage_failed"
    title = "Nothing was measured"


class Counts(msgspec.Struct, frozen=True):
    """What the server and the system have counted so far."""

    datagrams: int
    dropped: int
    """By the server: garbage."""
    errors_sent: int
    frames: int
    lost: int
    recovered: int
    overflow: int
    """By the system, because the server did not read in time."""

    def since(self, before: "Counts") -> "Counts":
        return Counts(
            *(getattr(self, name) - getattr(before, name) for name in self.__struct_fields__)
        )


class Outcome(msgspec.Struct, frozen=True):
    """What was sent, and what became of it."""

    flood: Flood
    counts: Counts


async def measure(datagrams: int, rate: int) -> Outcome:
    """One flood against a server and a broadcast of its own."""
    clock = SystemClock()
    async with (
        local_server.running(clock, {}) as server,
        aiohttp.ClientSession() as session,
        _broadcast(server),
    ):
        port = await _udp_port(session, server)
        await asyncio.sleep(SETTLE_SECONDS)
        before = await _counts(session, server, port)
        sent = await _flood(port, datagrams, rate)
        await asyncio.sleep(SETTLE_SECONDS)
        after = await _counts(session, server, port)
    return Outcome(sent, after.since(before))


@contextlib.asynccontextmanager
async def _broadcast(server: LocalServer) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "levelchat", "publish", f"{server.base}/v1/whip/{ROOM}"),
        *("--token", server.token(ROOM), "--test-pattern"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _udp_port(session: aiohttp.ClientSession, server: LocalServer) -> int:
    """Read from the answer to an offer that is withdrawn at once."""
    room = f"{ROOM}_port"
    bearer = {"Authorization": f"Bearer {server.token(room)}"}
    url = f"{server.base}/v1/whip/{room}"
    headers = bearer | {"Content-Type": "application/sdp"}
    async with session.post(url, data=inquiry.OFFER, headers=headers) as response:
        answer = await response.text()
        if response.status != CREATED:
            raise GarbageFailed(f"the server refused an offer: {answer}")
        location = server.base + response.headers["Location"]
    async with session.delete(location, headers=bearer):
        pass
    found = re.search(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) ", answer)
    if found is None:
        raise GarbageFailed("the answer has no candidate")
    return int(found.group(1))


async def _flood(port: int, datagrams: int, rate: int) -> Flood:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.udp_flood", "127.0.0.1", str(port)),
        *(str(datagrams), str(rate)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return msgspec.json.decode(output, type=Flood)


async def _counts(session: aiohttp.ClientSession, server: LocalServer, port: int) -> Counts:
    async with session.get(f"{server.base}/metrics") as response:
        text = await response.text()
    return Counts(
        datagrams=_sum(text, "levelchat_rtc_datagrams_total"),
        dropped=_sum(text, "levelchat_rtc_unknown_datagrams_total")
        + _sum(text, "levelchat_rtc_stun_rejected_total"),
        errors_sent=_sum(text, "levelchat_rtc_stun_errors_sent_total"),
        frames=_sum(text, "levelchat_ingest_frames_total"),
        lost=_sum(text, "levelchat_ingest_lost_total"),
        recovered=_sum(text, "levelchat_ingest_recovered_total"),
        overflow=_overflow(port),
    )


def _sum(text: str, name: str) -> int:
    """Of a metric over its labels."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith(name))
    return int(sum(float(value) for _, _, value in lines))


def _overflow(port: int) -> int:
    """Datagrams that the system dropped at *port* (Linux; 0 elsewhere)."""
    table = Path("/proc/net/udp")
    if not table.exists():
        return 0
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    return sum(int(row[-1]) for row in rows if row[1].endswith(f":{port:04X}"))


@click.command("garbage")
@click.option("--datagrams", default=1_000_000, show_default=True, help="How many to send.")
@click.option("--rate", default=50_000, show_default=True, help="A second; 0: as fast as it goes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(datagrams: int, rate: int, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Flood the UDP port with garbage while a broadcast runs, and say what it lost."""
    try:
        outcome = asyncio.run(measure(datagrams, rate))
    except EnvironmentFault as error:
        raise click.ClickException(error.detail) from error
    if as_json:
        click.echo(msgspec.json.encode(outcome).decode())
        return
    sent, counts = outcome.flood, outcome.counts
    pace = sent.datagrams / sent.seconds
    click.echo(f"sent     {sent.datagrams:,} datagrams in {sent.seconds:.1f} s ({pace:,.0f}/s)")
    click.echo(f"server   dropped {counts.dropped:,}, sent {counts.errors_sent:,} STUN errors")
    click.echo(f"system   dropped {counts.overflow:,} that were not read in time")
    click.echo(
        f"publisher {counts.frames:,} frames, {counts.recovered:,} packets sent again, "
        f"{counts.lost:,} lost"
    )


if __name__ == "__main__":
    command()
