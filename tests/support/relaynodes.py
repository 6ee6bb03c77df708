"""Nodes of one installation as processes of their own, and clients that count what they get."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from harness import fetch, free_port, levelchat, until
from jetstream import JetStreamServer

from bench.rtc_client import VIDEO, RtcClient, rtp
from levelchat.auth import keys, token
from levelchat.auth.capability import Capability
from levelchat.rtc._aiortc import Certificate, generate_certificate

ROOM = "r_relays"
RATE = 60
"""Packets a second."""
SSRC = 0x1EAF
SPS, SLICE = b"\x67", b"\x41"
CHECK_SECONDS = 5.0
_MAX_DATAGRAM = 2048


@dataclass
class Node:
    """One `levelchat serve`."""

    name: str
    base: str
    process: subprocess.Popen[bytes]

    def metric(self, name: str) -> float:
        """0 while there is none."""
        status, text = fetch(f"{self.base}/metrics")
        assert status == 200
        for line in text.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rpartition(" ")[2])
        return 0.0


@dataclass
class Installation:
    """Nodes that share a NATS server and the keys in *data*."""

    data: Path
    nats: JetStreamServer
    nodes: list[Node] = field(default_factory=list)

    def start(self, name: str, region: str, planes: str, **environment: str) -> Node:
        """Returns when it is ready."""
        http = free_port(socket.SOCK_STREAM)
        base = f"http://127.0.0.1:{http}"
        with (self.data / f"{name}.log").open("wb") as log:
            process = levelchat(
                *("serve", "--planes", planes, "--data", str(self.data), "--host", "127.0.0.1"),
                *("--http-port", str(http), "--udp-port", "0", "--nats", self.nats.url),
                *("--node", name, "--region", region, "--public-url", base),
                stderr=log,
                env=os.environ | {"LEVELCHAT_SERVER__SHARDS": "1"} | environment,
            )
        node = Node(name, base, process)
        self.nodes.append(node)
        until(lambda: fetch(f"{base}/readyz")[0] == 200, 20, f"{name} being ready")
        return node

    def token(self, identity: str, *capabilities: Capability) -> str:
        return token.mint(
            keys.load_or_create(self.data),
            room=ROOM,
            identity=identity,
            capabilities=capabilities,
            now=int(time.time()),
        )

    def stop(self) -> None:
        for node in self.nodes:
            node.process.terminate()
        for node in self.nodes:
            node.process.wait(15)
        self.nats.stop()


@contextlib.contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Without nodes yet."""
    nats = JetStreamServer(folder / "nats")
    nats.start()
    made = Installation(folder, nats)
    try:
        yield made
    finally:
        made.stop()


class Receiver:
    """What one subscriber got: by sequence number, and the longest time without a packet."""

    def __init__(self, client: RtcClient) -> None:
        self.client = client
        self.sequences: dict[int, int] = {}
        """Number, as often as it came."""
        self.ssrcs: set[int] = set()
        self.longest = 0.0
        self._last = 0.0

    @property
    def missing(self) -> int:
        """Numbers between the first and the last that never came. They do not wrap here."""
        there = self.sequences
        return max(there) - min(there) + 1 - len(there) if there else 0

    def forget(self) -> None:
        """Counts anew, with the last packet as the first."""
        self.sequences.clear()
        self.longest = 0.0

    def read(self) -> None:
        """Everything that lies in the socket."""
        while True:
            try:
                datagram = self.client.socket.recv(_MAX_DATAGRAM)
            except OSError:
                return
            if not 128 <= datagram[0] < 192 or not 192 <= datagram[1] < 224:
                self._take(datagram)

    def _take(self, datagram: bytes) -> None:
        if datagram[0] < 128:
            self.client.answer_to(datagram)
            return
        now = time.monotonic()
        if self._last:
            self.longest = max(self.longest, now - self._last)
        self._last = now
        sequence = int.from_bytes(datagram[2:4], "big")
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        self.ssrcs.add(int.from_bytes(datagram[8:12], "big"))


class Crowd:
    """One publisher at one node, subscribers at others."""

    def __init__(self, made: Installation, http: aiohttp.ClientSession) -> None:
        self.receivers: list[Receiver] = []
        self._made = made
        self._http = http
        self._certificate: Certificate = generate_certificate()
        self._publisher = RtcClient(self._certificate, audio=False)

    async def publish(self, node: Node) -> None:
        """Connects; `run` sends."""
        pass_ = self._made.token("anna", Capability.PUBLISH_CAMERA)
        url = f"{node.base}/v1/whip/{ROOM}?to=stage"
        await self._publisher.join(self._http, url, pass_, "sendonly")

    async def subscribe(self, node: Node, count: int) -> list[Receiver]:
        """*count* more, which get packets."""
        pass_ = self._made.token("ben", Capability.SUBSCRIBE_ALL)
        made = []
        for _ in range(count):
            client = RtcClient(self._certificate, audio=False)
            receiver = Receiver(client)
            await client.join(self._http, f"{node.base}/v1/whep/{ROOM}", pass_, "recvonly")
            asyncio.get_running_loop().add_reader(client.socket.fileno(), receiver.read)
            self.receivers.append(receiver)
            made.append(receiver)
        await arrived(made, 20)
        return made

    async def run(self) -> None:
        """Sends RATE packets a second, and everybody's consent, until cancelled."""
        began = time.monotonic()
        checked = began
        sent = 0
        while True:
            while sent < (time.monotonic() - began) * RATE:
                payload = (SPS if sent % RATE == 0 else SLICE) + b"\x80" * 400
                packet = rtp(VIDEO | 0x80, 1000 + sent, sent * 1500, SSRC, payload)
                self._publisher.send_rtp(packet)
                sent += 1
            if time.monotonic() - checked > CHECK_SECONDS:
                checked = time.monotonic()
                for client in (self._publisher, *(each.client for each in self.receivers)):
                    client.check()
            await asyncio.sleep(0.005)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for receiver in self.receivers:
            loop.remove_reader(receiver.client.socket.fileno())
            receiver.client.close()
        self._publisher.close()


@contextlib.asynccontextmanager
async def crowd(made: Installation, node: Node) -> AsyncIterator[Crowd]:
    """A crowd whose publisher sends to *node*."""
    async with aiohttp.ClientSession() as http:
        gathered = Crowd(made, http)
        try:
            await gathered.publish(node)
            sending = asyncio.create_task(gathered.run())
            try:
                yield gathered
            finally:
                sending.cancel()
        finally:
            gathered.close()


async def arrived(receivers: list[Receiver], packets: int, seconds: float = 20) -> None:
    """Each of them has so many packets more."""
    before = [len(each.sequences) for each in receivers]
    deadline = time.monotonic() + seconds
    while any(
        len(each.sequences) < count + packets
        for each, count in zip(receivers, before, strict=True)
    ):
        got = json.dumps([len(each.sequences) for each in receivers])
        assert time.monotonic() < deadline, f"not {packets} packets more within {seconds} s: {got}"
        await asyncio.sleep(0.02)
