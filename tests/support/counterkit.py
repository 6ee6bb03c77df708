"""Pictures that carry their number: an aiortc peer that sends them, and one that reads them.

Each number is drawn as black and white blocks, and once more the other way round, so that a picture
which a decoder made up out of lost packets is not mistaken for a good one. Beside them is noise: a
picture then takes several packets.
"""

import asyncio
import contextlib
import fractions
import itertools
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import aiortc
import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.codecs.vpx import Vp8Decoder, VpxPayloadDescriptor
from aiortc.jitterbuffer import JitterFrame
from netsim import Relay

from levelchat.rtc.rtp import RtpPacket

RATE = 25
WIDTH, HEIGHT = 320, 240
BITS, BLOCK = 16, 20
BLACK, WHITE, MIDDLE = 32, 224, 128
_NOISES = 16
_CREATED = 201


def draw(number: int, noise: np.ndarray) -> av.VideoFrame:
    """The picture of *number*."""
    luminance = noise.copy()
    bits = [number >> place & 1 for place in range(BITS)]
    for row in (0, 1):
        line = np.repeat([WHITE if bit != row else BLACK for bit in bits], BLOCK)
        luminance[row * BLOCK : (row + 1) * BLOCK] = line
    planes = np.full((HEIGHT * 3 // 2, WIDTH), MIDDLE, np.uint8)
    planes[:HEIGHT] = luminance
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def read(frame: av.VideoFrame) -> int | None:
    """The number in a decoded picture; None: it cannot be read for sure."""
    luminance = frame.to_ndarray(format="gray")
    rows = []
    for row in (0, 1):
        middle = luminance[row * BLOCK + 5 : (row + 1) * BLOCK - 5].reshape(-1, BITS, BLOCK)
        rows.append(middle[:, :, 5:-5].mean(axis=(0, 2)) > MIDDLE)
    if (rows[0] == rows[1]).any():
        return None
    return sum(1 << place for place in range(BITS) if rows[0][place])


def is_vp8_key(packet: RtpPacket) -> bool:
    """A key frame begins with it."""
    descriptor, data = VpxPayloadDescriptor.parse(packet.payload)
    begins = descriptor.partition_start and not descriptor.partition_id
    # RFC 6386 §9.1: the lowest bit of a key frame's first byte is 0.
    return bool(begins) and not data[0] & 1


def read_vp8(packets: list[RtpPacket]) -> list[int]:
    """The numbers that a decoder shows of *packets*, which came in order, from their first key
    frame to their last whole picture.
    """
    decoder, data, shown = Vp8Decoder(), b"", []
    for packet in itertools.dropwhile(lambda one: not is_vp8_key(one), packets):
        data += VpxPayloadDescriptor.parse(packet.payload)[1]
        if packet.marker:
            shown += [read(one) for one in decoder.decode(JitterFrame(data, packet.timestamp))]
            data = b""
    assert None not in shown
    return shown


class Numbers(MediaStreamTrack):
    """`RATE` pictures a second, numbered from 0."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        """Of pictures handed to the encoder."""
        generator = np.random.default_rng(7)
        self._noises = generator.integers(64, 192, (_NOISES, HEIGHT // 8, WIDTH // 8), np.uint8)
        self._due = 0.0

    async def recv(self) -> av.VideoFrame:
        now = asyncio.get_running_loop().time()
        # A slow machine sends fewer pictures, and no burst afterwards.
        self._due = max(self._due + 1 / RATE, now)
        await asyncio.sleep(self._due - now)
        noise = self._noises[self.count % _NOISES].repeat(8, axis=0).repeat(8, axis=1)
        frame = draw(self.count, noise)
        frame.pts, frame.time_base = self.count * (90_000 // RATE), fractions.Fraction(1, 90_000)
        self.count += 1
        return frame


class Shown:
    """What a viewer saw of *numbers*."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers: list[int] = []
        """As shown."""
        self.unreadable = 0
        self.behind = 0
        """The most pictures that were sent since the newest that was shown: a second of them is a
        picture that stands for a second. Counted in pictures, a pause of the whole process is
        none."""
        self._sent = numbers

    @property
    def newest(self) -> int:
        return self.numbers[-1] if self.numbers else -1

    @property
    def missing(self) -> int:
        """Of the numbers between the first and the last."""
        there = self.numbers
        return there[-1] - there[0] + 1 - len(set(there)) if there else 0

    def forget(self) -> None:
        """All but the newest."""
        self.numbers, self.unreadable, self.behind = self.numbers[-1:], 0, 0

    def take(self, frame: av.VideoFrame) -> None:
        number = read(frame)
        if number is None:
            self.unreadable += 1
            return
        if self.numbers:
            self.behind = max(self.behind, self._sent.count - 1 - self.newest)
        self.numbers.append(number)


class Camera:
    """A browser-like publisher of numbered pictures."""

    def __init__(self, codec: str) -> None:
        self.numbers = Numbers()
        self._connection = _new_connection()
        transceiver = self._connection.addTransceiver(self.numbers, "sendonly")
        codecs = aiortc.RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([one for one in codecs if one.name in (codec, "rtx")])

    async def publish(self, http: aiohttp.ClientSession, url: str, token: str, way: Relay) -> None:
        """Connects to the WHIP endpoint *url* through *way*."""
        await _exchange(self._connection, http, url, token, way)

    async def close(self) -> None:
        await self._connection.close()


class Screen:
    """A browser-like subscriber that reads what it shows."""

    def __init__(self, numbers: Numbers) -> None:
        self.shown = Shown(numbers)
        self._connection = _new_connection()
        self._connection.addTransceiver("video", direction="recvonly")
        self._showing: asyncio.Task[None] | None = None

    async def watch(self, http: aiohttp.ClientSession, url: str, token: str, way: Relay) -> None:
        """Connects to the WHEP endpoint *url* through *way*."""
        await _exchange(self._connection, http, url, token, way)
        self._showing = asyncio.create_task(self._show())

    async def close(self) -> None:
        if self._showing is not None:
            self._showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._showing
        await self._connection.close()

    async def _show(self) -> None:
        track = self._connection.getReceivers()[0].track
        while True:
            self.shown.take(await track.recv())


@contextlib.asynccontextmanager
async def closing(*peers: Camera | Screen) -> AsyncIterator[None]:
    """Closes them at the end, the last first."""
    async with contextlib.AsyncExitStack() as stack:
        for peer in peers:
            stack.push_async_callback(peer.close)
        yield


def _new_connection() -> RTCPeerConnection:
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )


async def _exchange(
    connection: RTCPeerConnection,
    http: aiohttp.ClientSession,
    url: str,
    token: str,
    way: Relay,
) -> None:
    await connection.setLocalDescription(await connection.createOffer())
    headers: dict[str, Any] = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/sdp",
    }
    offer = connection.localDescription.sdp
    async with http.post(url, data=offer, headers=headers) as response:
        answer = await response.text()
        assert response.status == _CREATED, answer
    await connection.setRemoteDescription(RTCSessionDescription(way.stand_in(answer), "answer"))
