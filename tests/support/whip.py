"""What ingest's tests drive: the plane behind a real HTTP server, publishers, a list of frames."""

import asyncio
import contextlib
import fractions
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiortc
import av
import numpy as np
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from joserfc.jwk import KeySet, OKPKey
from prometheus_client import CollectorRegistry

from ingest import app
from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.auth.keys import TokenKeys
from levelchat.clock import SystemClock
from levelchat.media.codec import Kind
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.stage import Publication
from levelchat.media.time import NANOSECOND
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.settings import RtcSettings
from levelchat.service import problem
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import Settings

ROOM = "r_test"


class ShiftedClock(SystemClock):
    """The machine's clock, and as much later as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.later_ns = 0

    def skip(self, seconds: float) -> None:
        self.later_ns += int(seconds * NANOSECOND)

    def wall_ns(self) -> int:
        return super().wall_ns() + self.later_ns

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.later_ns

    def now_ns(self) -> int:
        return super().now_ns() + self.later_ns


@dataclass
class Stream:
    """What one publisher handed on (a `FrameWriter`)."""

    room: str
    tracks: tuple[TrackInfo, ...]
    request_key_frame: Callable[[], None]
    frames: list[EncodedFrame] = field(default_factory=list)
    closed: str = ""

    def write(self, frame: EncodedFrame) -> None:
        assert not self.closed
        self.frames.append(frame)

    def close(self, reason: str) -> None:
        assert not self.closed
        self.closed = reason

    def of(self, kind: Kind) -> list[EncodedFrame]:
        return [frame for frame in self.frames if frame.codec.kind is kind]


class Sink:
    """A `FrameSink` that keeps everything."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def open(
        self,
        room: str,
        tracks: tuple[TrackInfo, ...],
        request_key_frame: Callable[[], None],
    ) -> Stream:
        self.streams.append(Stream(room, tracks, request_key_frame))
        return self.streams[-1]


class Stage:
    """A `StageSink` that keeps who is there."""

    def __init__(self) -> None:
        self.there: dict[str, Publication] = {}

    def publish(self, publication: Publication) -> None:
        self.there[publication.session] = publication

    def unpublish(self, room: str, session: str) -> None:
        assert self.there.pop(session).room == room


def new_keys() -> TokenKeys:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    return TokenKeys(key, KeySet([key]))


@dataclass
class Ingest:
    """The plane, running."""

    plane: Plane
    endpoint: RtcEndpoint
    sink: Sink
    clock: ShiftedClock
    keys: TokenKeys
    registry: CollectorRegistry
    http: ClientSession
    base: str
    context: Context
    stage: Stage

    @property
    def udp(self) -> tuple[str, int]:
        return "127.0.0.1", self.endpoint.port

    def url(self, room: str = ROOM) -> str:
        return f"{self.base}/v1/whip/{room}"

    def token(
        self,
        *capabilities: Capability,
        room: str = ROOM,
        keys: TokenKeys | None = None,
        age: int = 0,
        **claims: Any,
    ) -> str:
        return token.mint(
            keys or self.keys,
            room=room,
            capabilities=capabilities or (Capability.PUBLISH_CAMERA,),
            now=self.clock.wall_ns() // NANOSECOND - age,
            ttl=60,
            **({"identity": "tester"} | claims),
        )

    def headers(self, *capabilities: Capability, **more: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token(*capabilities)}",
            "Content-Type": "application/sdp",
        } | {name.replace("_", "-"): value for name, value in more.items()}

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@contextlib.asynccontextmanager
async def running(
    sink: Any = None, *, stage: Stage | None = None, without: str = "", **settings: Any
) -> AsyncIterator[Ingest]:
    """The plane with *settings*, on ports of its own; one seam may be *without* anybody."""
    clock, registry, keys = ShiftedClock(), CollectorRegistry(), new_keys()
    sink = sink or Sink()
    endpoint = RtcEndpoint(
        settings=RtcSettings(host="127.0.0.1", port=0), clock=clock, metrics=registry
    )
    context = Context(
        clock=clock,
        settings=Settings({"ingest": settings}),
        metrics=registry,
        keys=keys,
        data=Path(),
        rtc=endpoint,
    )
    context.seams.frames = sink
    context.seams.stage = stage = stage or Stage()
    if without:
        setattr(context.seams, without, None)
    plane = app.create(context)
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(plane.routes())
    await endpoint.start()
    await context.presence.start()
    bus = asyncio.create_task(context.bus.run())
    timer = asyncio.create_task(endpoint.run())
    server = TestServer(application)
    try:
        async with server, ClientSession() as http:
            base = f"http://127.0.0.1:{server.port}"
            yield Ingest(plane, endpoint, sink, clock, keys, registry, http, base, context, stage)
    finally:
        timer.cancel()
        bus.cancel()
        await endpoint.close()


async def until(condition: Callable[[], Any], seconds: float = 10, what: str = "") -> Any:
    """The first true value of *condition*."""
    async with asyncio.timeout(seconds):
        while not (value := condition()):
            await asyncio.sleep(0.01)
    return value


class Picture(MediaStreamTrack):
    """A moving picture in real time."""

    kind = "video"

    def __init__(self, rate: int = 30, size: tuple[int, int] = (160, 120)) -> None:
        super().__init__()
        self._rate, self._size, self._index = rate, size, 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / self._rate)
        width, height = self._size
        image = np.full((height, width, 3), self._index * 8 % 256, np.uint8)
        image[:, self._index * 4 % width :] = 200
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        frame.pts, frame.time_base = (
            self._index * 90_000 // self._rate,
            fractions.Fraction(1, 90_000),
        )
        self._index += 1
        return frame


class Tone(MediaStreamTrack):
    """Sound in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._index = 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(0.02)
        time = np.arange(self._index * 960, (self._index + 1) * 960) / 48_000
        wave = (np.sin(2 * np.pi * 440 * time) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.repeat(2)[None], "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, self._index * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        self._index += 1
        return frame


class Publisher:
    """A browser-like publisher: aiortc's peer connection, its encoders, its congestion control."""

    def __init__(self, ingest: Ingest, *tracks: MediaStreamTrack, codec: str = "H264") -> None:
        self.ingest = ingest
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.location = self.etag = self.answer = ""
        self.offer = ""
        for track in tracks or (Picture(), Tone()):
            transceiver = self.connection.addTransceiver(track, "sendonly")
            if track.kind == "video":
                codecs = aiortc.RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences(
                    [item for item in codecs if item.name in (codec, "rtx")]
                )

    async def publish(self, room: str = ROOM, **headers: str) -> None:
        """POSTs the offer and connects."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.offer = self.connection.localDescription.sdp
        bearer = {"Authorization": f"Bearer {self.ingest.token(room=room)}"}
        async with self.ingest.http.post(
            self.ingest.url(room),
            data=self.offer,
            headers=bearer | {"Content-Type": "application/sdp"} | headers,
        ) as response:
            self.answer = await response.text()
            assert response.status == 201, self.answer
            self.location = self.ingest.base + response.headers["Location"]
            self.etag = response.headers["ETag"]
        await self.connection.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.connection.close()
