"""The load of `levelchat bench stage`: one publisher that sends in bursts, many who count.

Comes in: a server, how many, how the publisher paces. Goes out: what was sent and what arrived.
Each subscriber is a socket of its own with its own keys, so that the server does all its work for
each; a C thread counts what arrives, which it need not decrypt to find gaps.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

import aiohttp
import msgspec

from bench import process_cost
from bench.local_server import LocalServer
from bench.process_cost import Cost
from bench.rtc_client import AUDIO, VIDEO, RtcClient, rtp
from levelchat.auth.capability import Capability
from levelchat.rtc import rtcp
from levelchat.rtc._aiortc import generate_certificate
from levelchat.rtc.native import Sink

ROOM = "r_bench"
SSRC_VIDEO, SSRC_AUDIO = 0x1EAF, 0x50D
PACKET_BYTES = 1050
"""With RATE: 2.5 Mbit/s."""
SOUND_BYTES = 120
RATE, SOUND_RATE = 300, 50
"""Packets a second."""
JOINING = 8
"""Who join at the same time."""
CHECK_SECONDS = 5.0
"""Between two checks of one client; consent holds for 30 s."""
SETTLE_SECONDS = 1.0
NOTHING = Cost(0, 0, 0, 0, 0)
_TICK = 0.05
_NAP = 0.0005
_SPS, _SLICE = 0x67, 0x41
"""H.264 NAL unit headers: a key frame begins with its parameters."""


class Pace(msgspec.Struct, frozen=True):
    """How the publisher sends its video."""

    bursts: tuple[int, int] = (10, 10)
    """Packets at a time, least and most."""
    audio: bool = False


class Arrived(msgspec.Struct, frozen=True):
    """Over all subscribers."""

    rtp: int
    rtcp: int
    lost: int
    """Sequence numbers that were passed over."""


class Load:
    """A room with its publisher and its subscribers."""

    def __init__(self, publisher: RtcClient, subscribers: list[RtcClient], sink: Sink) -> None:
        self.subscribers = subscribers
        self.before = self.after = NOTHING
        """What the server had cost when the first joined, and when the last had."""
        self._publisher = publisher
        self._sink = sink
        self._chance = random.Random(1)  # noqa: S311 - repeatable, not secret
        self._payload = self._chance.randbytes(PACKET_BYTES)
        self._sequence = self._sound_sequence = 1000
        self._timestamp = self._sound_timestamp = 0

    def arrived(self) -> Arrived:
        """Until now."""
        counts = self._sink.counts()
        return Arrived(counts[0], counts[1], counts[3])

    async def publish(self, pace: Pace, seconds: float) -> tuple[int, int]:
        """Sends for that long at 300 packets a second; how many of video and of sound."""
        began = time.perf_counter()
        video = sound = 0
        burst = self._chance.randint(*pace.bursts)
        while (elapsed := time.perf_counter() - began) < seconds:
            while elapsed * RATE - video >= burst:
                self._send_burst(burst)
                video += burst
                burst = self._chance.randint(*pace.bursts)
            while pace.audio and elapsed * SOUND_RATE - sound >= 1:
                self._send_sound()
                sound += 1
            await asyncio.sleep(_NAP)
        return video, sound

    def _send_burst(self, packets: int) -> None:
        for index in range(packets):
            first = self._sequence % RATE == 0
            payload = bytes((_SPS if first else _SLICE, 0x80)) + self._payload[14:]
            kind = VIDEO | (0x80 if index == packets - 1 else 0)
            self._publisher.send_rtp(
                rtp(kind, self._sequence, self._timestamp, SSRC_VIDEO, payload)
            )
            self._sequence += 1
        self._timestamp += 90_000 * packets // RATE

    def _send_sound(self) -> None:
        payload = self._payload[:SOUND_BYTES]
        packet = rtp(AUDIO, self._sound_sequence, self._sound_timestamp, SSRC_AUDIO, payload)
        self._publisher.send_rtp(packet)
        self._sound_sequence += 1
        self._sound_timestamp += 960

    async def live(self) -> None:
        """Feedback and consent of everybody, once a second each, until cancelled."""
        turn = 0
        while True:
            due = max(1, round(len(self.subscribers) * _TICK))
            for _ in range(due):
                client = self.subscribers[turn % len(self.subscribers)]
                client.send_rtcp(_feedback(client.ssrcs[0]))
                if turn // len(self.subscribers) % CHECK_SECONDS == 0:
                    client.check()
                turn += 1
            if turn // due % round(1 / _TICK) == 0:
                self._publisher.check()
            self._answer()
            await asyncio.sleep(_TICK)

    def _answer(self) -> None:
        clients = {client.socket.fileno(): client for client in self.subscribers}
        for descriptor, datagram in self._sink.take():
            clients[descriptor].answer_to(datagram)


def _feedback(ssrc: int) -> bytes:
    """A receiver report without loss, and a REMB that asks for nothing less."""
    block = rtcp.ReportBlock(ssrc, 0, 0, 1, 0, 0, 0)
    return rtcp.receiver_report(7, [block]) + rtcp.remb(7, 10_000_000, [ssrc])


@contextlib.asynccontextmanager
async def joined(server: LocalServer, count: int, pace: Pace) -> AsyncIterator[Load]:
    """One publisher and *count* subscribers, all connected, feedback running."""
    certificate = generate_certificate()
    publisher = RtcClient(certificate, audio=pace.audio)
    subscribers = [RtcClient(certificate, audio=pace.audio) for _ in range(count)]
    try:
        async with aiohttp.ClientSession() as http:
            url = f"{server.base}/v1/whip/{ROOM}?to=stage"
            await publisher.join(http, url, server.token(ROOM), "sendonly")
            sink = Sink([each.socket.fileno() for each in subscribers])
            load = Load(publisher, subscribers, sink)
            # What it publishes must be known before anybody can be given it.
            await load.publish(pace, SETTLE_SECONDS)
            load.before = process_cost.cost(server.pid)
            await join(http, server, subscribers)
            load.after = process_cost.cost(server.pid)
            sink.start()
            feedback = asyncio.create_task(load.live())
            try:
                await load.publish(pace, SETTLE_SECONDS)
                yield load
            finally:
                feedback.cancel()
                sink.stop()
    finally:
        for client in (publisher, *subscribers):
            client.close()


async def join(
    http: aiohttp.ClientSession, server: LocalServer, subscribers: list[RtcClient]
) -> None:
    """All *subscribers*, a few at a time."""
    token = server.token(ROOM, "viewer", [Capability.SUBSCRIBE_ALL])
    waiting = iter(subscribers)

    async def some() -> None:
        for client in waiting:
            await client.join(http, f"{server.base}/v1/whep/{ROOM}", token, "recvonly")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(JOINING):
            tasks.create_task(some())
