"""Forwarding: packets a second on one core, what a subscriber costs, how late the loop gets.

Comes in: which core, how many subscribers. Goes out: figures. The server has one processor to
itself and the load the other; both talk over loopback, where a send also pays for the receipt.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping

import aiohttp
import msgspec

from bench import process_cost, stage_load
from bench.awake import awake
from bench.local_server import LocalServer, running
from bench.progress import Say
from bench.results import Reading
from bench.rtc_client import RtcClient
from bench.stage_load import Load, Pace, joined
from bench.stage_plan import Plan
from levelchat.clock import SystemClock
from levelchat.rtc._aiortc import generate_certificate

PACKETS_PER_CORE = {"native": 200_000, "portable": 45_000}
JOIN_MS = 4.0
SUBSCRIBER_KIB = 150
FLAT = 1.5
STALL_MS = 5.0
SETTLE_SECONDS = 2.0
"""For what joining left to be done."""
IDLE_SECONDS = 10.0
"""Without packets, to know what the server does anyway."""
DRAIN_SECONDS = 0.5
"""For what was sent to arrive."""
_FORWARDED = "levelchat_rtc_forwarded_total"
_LAG = "levelchat_loop_lag_seconds_bucket"


class Forwarded(msgspec.Struct, frozen=True):
    """One run."""

    subscribers: int
    packets: float
    """That the server sent, by its own count."""
    expected: int
    arrived: int
    lost: int
    seconds: float
    processor: float
    """Seconds of the server."""
    idle: float
    """Seconds of it that the same server would have used without packets."""
    stall_ms: float
    """99th percentile: the upper end of the bucket that it lies in."""
    join_ms: float
    """Processor of the server for one join."""
    subscriber_kib: float
    more_threads: int
    more_files: int

    @property
    def per_core(self) -> float:
        """Packets for a second of processor."""
        return self.packets / self.processor

    @property
    def microseconds(self) -> float:
        """Processor of one packet to one subscriber, without what the server does anyway."""
        return 1e6 * (self.processor - self.idle) / self.packets


def settings(plan: Plan, subscribers: int) -> dict[str, str]:
    """A server whose shards have at most `plan.shard` subscribers each."""
    shards = 1 if plan.core == "portable" else -(-subscribers // plan.shard)
    return {
        "LEVELCHAT_SERVER__PLANES": '["edge", "packager", "cascade", "ingest"]',
        "LEVELCHAT_SERVER__FORWARDING": plan.core,
        "LEVELCHAT_SERVER__SHARDS": str(shards),
        "LEVELCHAT_SERVER__TCP_PORT": "0",
        "LEVELCHAT_CASCADE__MAX_SUBSCRIBERS": "100000",
        "LEVELCHAT_CASCADE__PACKET_BUDGET": "100000000",
        "LEVELCHAT_CASCADE__PROCESSOR_BUDGET": "100",
    }


async def forward(plan: Plan, subscribers: int, pace: Pace, say: Say) -> Forwarded:
    """One server, one publisher, so many subscribers, for `plan.seconds`."""
    environment = settings(plan, subscribers)
    with _cores() as (its, ours), awake(its):
        os.sched_setaffinity(0, ours)
        async with running(SystemClock(), environment, cores=its) as server:
            await _warm(server)
            say(f"{plan.core}: {subscribers} subscribers join")
            async with joined(server, subscribers, pace) as load:
                say(f"{plan.core}: packets for {subscribers} subscribers")
                return await _measured(server, load, pace, plan.seconds)


@contextlib.contextmanager
def _cores() -> Iterator[tuple[set[int], set[int]]]:
    """Processors for the server, and for us until the block ends."""
    usable = sorted(os.sched_getaffinity(0))
    try:
        yield {usable[0]}, {usable[-1]}
    finally:
        os.sched_setaffinity(0, usable)


async def _warm(server: LocalServer) -> None:
    """One comes and goes, so that nothing is done for the first time while others join."""
    client = RtcClient(generate_certificate(), audio=True)
    async with aiohttp.ClientSession() as http:
        await stage_load.join(http, server, [client])
    client.close()


async def _measured(server: LocalServer, load: Load, pace: Pace, seconds: float) -> Forwarded:
    await asyncio.sleep(SETTLE_SECONDS)
    metrics = await process_cost.metrics(server.base)
    cost, arrived = process_cost.cost(server.pid), load.arrived()
    video, sound = await load.publish(pace, seconds)
    await asyncio.sleep(DRAIN_SECONDS)
    cost_then, arrived_then = process_cost.cost(server.pid), load.arrived()
    await asyncio.sleep(IDLE_SECONDS)
    idle = process_cost.cost(server.pid).processor - cost_then.processor
    metrics_then = await process_cost.metrics(server.base)
    count = len(load.subscribers)
    return Forwarded(
        subscribers=count,
        packets=metrics_then[_FORWARDED] - metrics[_FORWARDED],
        expected=(video + sound) * count,
        arrived=arrived_then.rtp - arrived.rtp,
        lost=arrived_then.lost - arrived.lost,
        seconds=seconds,
        processor=cost_then.processor - cost.processor,
        idle=idle / IDLE_SECONDS * seconds,
        stall_ms=_percentile(metrics, metrics_then),
        join_ms=(load.after.processor - load.before.processor) / count * 1e3,
        subscriber_kib=(load.after.resident - load.before.resident) / count / 1024,
        more_threads=load.after.threads - load.before.threads,
        more_files=load.after.files - load.before.files,
    )


def _percentile(
    before: Mapping[str, float], after: Mapping[str, float], part: float = 0.99
) -> float:
    """In milliseconds; the upper end of the bucket."""
    found = {
        name.partition('le="')[2].partition('"')[0]: value - before.get(name, 0)
        for name, value in after.items()
        if name.startswith(_LAG)
    }
    most = found.get("+Inf", 0)
    return next(
        (float(edge) * 1e3 for edge, count in found.items() if count >= most * part),
        float("inf"),
    )


async def bursts(plan: Plan, say: Say) -> list[Reading]:
    """10, 100 and the most subscribers, each packet burst of ten."""
    sizes = sorted({10, 100, plan.most})
    runs = [await forward(plan, size, Pace(), say) for size in sizes]
    largest = runs[-1]
    goal = PACKETS_PER_CORE[plan.core]
    costs = [run.microseconds for run in runs]
    found = [
        Reading("packets for a second of processor", largest.per_core, "1/s", goal, at_least=True),
        Reading("packets sent a second", largest.packets / largest.seconds, "1/s"),
        Reading("subscribers", largest.subscribers, ""),
        Reading("processor", 100 * largest.processor / largest.seconds, "%"),
        *_loss(largest),
        Reading("loop late p99", largest.stall_ms, "ms", STALL_MS),
        Reading("processor of a join", largest.join_ms, "ms", JOIN_MS),
        Reading("memory of a subscriber", largest.subscriber_kib, "KiB", SUBSCRIBER_KIB),
        Reading("threads more", largest.more_threads, "", 0),
        Reading("files more", largest.more_files, ""),
    ]
    found += [
        Reading(f"µs a packet, {run.subscribers} subscribers", run.microseconds, "µs")
        for run in runs
    ]
    found.append(Reading("dearest to cheapest", max(costs) / min(costs), "", FLAT))
    return found


async def paced(plan: Plan, say: Say) -> list[Reading]:
    """Bursts of one to five, sound and RTCP."""
    run = await forward(plan, plan.paced, Pace((1, 5), audio=True), say)
    return [
        Reading("subscribers", run.subscribers, ""),
        Reading("processor", 100 * run.processor / run.seconds, "%", 100),
        Reading("packets for a second of processor", run.per_core, "1/s"),
        *_loss(run),
    ]


def _loss(run: Forwarded) -> list[Reading]:
    return [
        Reading("packets missing", run.expected - run.arrived, "", 0),
        Reading("gaps in numbers", run.lost, "", 0),
    ]
