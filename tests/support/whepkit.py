"""What the cascade's tests drive: the plane behind a real HTTP server, packets that a test publishes
itself, and subscribers who are real WebRTC peers.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import forwardkit
import offers
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from prometheus_client import CollectorRegistry
from rawpeer import RawPeer
from whip import ShiftedClock, new_keys, until

from cascade import app
from cascade.stage import Stage
from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.auth.keys import TokenKeys
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.media.time import NANOSECOND
from levelchat.rtc import rtp
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import SourceConfig
from levelchat.rtc.rtp import RtpPacket
from levelchat.rtc.settings import RtcSettings
from levelchat.service import problem
from levelchat.service.plane import Context, Plane
from levelchat.service.settings import Settings

ROOM = "r_test"
SDP = "application/sdp"
VIDEO_PT, AUDIO_PT, H264_PT = 96, 111, 102
FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
BOTH = offers.VIDEO.replace("SAVPF 96 97", f"SAVPF 96 97 {H264_PT}") + (
    f"a=rtpmap:{H264_PT} H264/90000\na=rtcp-fb:{H264_PT} nack pli\na=fmtp:{H264_PT} {FMTP}\n"
)
"""VP8 or H.264."""


def wants(seats: int = 1, video: str = offers.VIDEO) -> tuple[str, ...]:
    """Sections of an offer that receives: a sound and a picture for each seat."""
    made = []
    for seat in range(seats):
        for section, mid in ((offers.AUDIO, "a"), (video, "v")):
            made.append(
                section.replace("a=sendonly", "a=recvonly").replace(
                    f"a=mid:{mid}", f"a=mid:{mid}{seat}"
                )
            )
    return tuple(made)


@dataclass
class Published:
    """Tracks whose packets the test makes."""

    whep: "Whep"
    publication: Publication
    asked: list[int]
    """Sources of which a key frame was asked for."""
    numbers: dict[int, int] = field(default_factory=dict)

    def source(self, track: int = 1, layer: int = 0) -> int:
        return self.publication.tracks[track].layers[layer].source

    def picture(self, layer: int = 0, *, key: bool = False) -> None:
        """A picture of one packet."""
        source = self.source(1, layer)
        number = self.numbers[source] = self.numbers.get(source, 1000 * source) + 1
        if self.publication.tracks[1].codec is Codec.H264:
            payload = forwardkit.h264(number, key=key)
        else:
            payload = forwardkit.vp8(number, key=key, picture=number)
        self._push(source, VIDEO_PT, number, number * 3000, payload)

    def sound(self, level: int = 30) -> None:
        source = self.source(0)
        number = self.numbers[source] = self.numbers.get(source, 1000 * source) + 1
        self._push(source, AUDIO_PT, number, number * 960, b"sound", {1: bytes((level,))})

    def encoded(self, payloads: list[bytes], timestamp: int) -> None:
        """A picture of a real encoder."""
        source = self.source()
        for place, payload in enumerate(payloads, start=1):
            number = self.numbers[source] = self.numbers.get(source, 1000 * source) + 1
            is_last = place == len(payloads)
            self._push(source, VIDEO_PT, number, timestamp, payload, marker=is_last)

    def end(self) -> None:
        """As ingest does it."""
        self.whep.stage.unpublish(self.publication.room, self.publication.session)
        for track in self.publication.tracks:
            for layer in track.layers:
                self.whep.endpoint.close_source(layer.source)

    def _push(
        self,
        source: int,
        payload_type: int,
        number: int,
        timestamp: int,
        payload: bytes,
        elements: dict[int, bytes] | None = None,
        *,
        marker: bool = True,
    ) -> None:
        packet = forwardkit.packet(
            number,
            timestamp,
            payload,
            ssrc=source,
            payload_type=payload_type,
            marker=marker,
            elements=elements,
        )
        self.whep.endpoint.forwarder.push(source, packet, self.whep.clock.now_ns())


class Viewer(RawPeer):
    """A subscriber that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.video = offers.VIDEO
        self.packets: list[RtpPacket] = []
        self.location = self.etag = self.answer = ""
        self.headers: dict[str, str] = {}

    def wanting(self, seats: int = 1) -> str:
        mids = " ".join(f"a{seat} v{seat}" for seat in range(seats))
        return offers.offer(
            *wants(seats, self.video),
            ufrag=self.ufrag,
            fingerprint=self.certificate.fingerprint.value,
            setup="active",
            bundle=mids,
        )

    def listen(self) -> None:
        """Takes packets from now on."""
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._read)

    def deafen(self) -> None:
        """Takes nothing more."""
        if self.socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())

    def move(self) -> None:
        self.deafen()
        super().move()

    def close(self) -> None:
        self.deafen()
        super().close()

    def of(self, payload_type: int) -> list[RtpPacket]:
        return [packet for packet in self.packets if packet.payload_type == payload_type]

    @property
    def pictures(self) -> list[RtpPacket]:
        return [packet for packet in self.of(VIDEO_PT) if packet.payload]

    @property
    def sounds(self) -> list[RtpPacket]:
        return self.of(AUDIO_PT)

    def send_rtcp(self, packet: bytes) -> None:
        assert self.dtls is not None
        self.send(self.dtls.sessions[1].protect_rtcp(packet))

    def pli(self, ssrc: int = 0) -> None:
        """Asks for a key frame of its picture."""
        about = ssrc or self.pictures[-1].ssrc
        self.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 1, about))

    def nack(self, sequence: int) -> None:
        fields = struct.pack("!IIHH", 1, self.pictures[-1].ssrc, sequence & 0xFFFF, 0)
        self.send_rtcp(struct.pack("!BBH", 0x81, 205, 3) + fields)

    def _read(self) -> None:
        assert self.dtls is not None
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.socket.recv(2048)
                if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
                    self.packets.append(rtp.parse(self.dtls.sessions[0].unprotect(data), 0))


class Decoder:
    """A subscriber like a browser, aiortc's, who shows one picture."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.light = 0.0
        """Of the newest picture: the mean of its brightness."""
        self._showing: asyncio.Task[None] | None = None

    async def offer(self) -> str:
        self.connection.addTransceiver("video", direction="recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def take(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        self._showing = asyncio.create_task(self._show())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._showing is not None:
            self._showing.cancel()
        await self.connection.close()

    async def _show(self) -> None:
        track = self.connection.getReceivers()[0].track
        while True:
            frame = await track.recv()
            self.light = float(frame.to_ndarray(format="gray").mean())


@dataclass
class Whep:
    """The plane, running."""

    plane: Plane
    endpoint: RtcEndpoint
    clock: ShiftedClock
    keys: TokenKeys
    registry: CollectorRegistry
    http: ClientSession
    base: str
    context: Context
    count: int = 0

    @property
    def stage(self) -> Stage:
        """Where ingest would publish."""
        assert isinstance(self.context.seams.stage, Stage)
        return self.context.seams.stage

    def url(self, participant: str = "") -> str:
        return f"{self.base}/v1/whep/{ROOM}{participant and '/' + participant}"

    def headers(
        self,
        *capabilities: Capability,
        identity: str = "viewer",
        kind: str = SDP,
        room: str = ROOM,
    ) -> dict[str, str]:
        minted = token.mint(
            self.keys,
            room=room,
            identity=identity,
            capabilities=capabilities or (Capability.SUBSCRIBE_ALL,),
            now=self.clock.wall_ns() // NANOSECOND,
            ttl=60,
        )
        return {"Authorization": f"Bearer {minted}", "Content-Type": kind}

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def publish(
        self,
        identity: str = "anna",
        layers: int = 1,
        video: Codec = Codec.VP8,
        **options: Any,
    ) -> Published:
        """A sound and a picture in so many layers."""
        self.count += 1
        sound = self.endpoint.open_source(
            SourceConfig(Codec.OPUS, AUDIO_PT, extensions=forwardkit_levels()), None
        )
        rids = ("l", "m", "h")[-layers:] if layers > 1 else ("",)
        pictures = tuple(
            Layer(self.endpoint.open_source(SourceConfig(video, VIDEO_PT), None), rid)
            for rid in rids
        )
        asked: list[int] = []
        publication = Publication(
            ROOM,
            f"s_{self.count}",
            identity,
            identity.capitalize(),
            (
                PublishedTrack(Codec.OPUS, (Layer(sound),)),
                PublishedTrack(video, pictures, FMTP if video is Codec.H264 else ""),
            ),
            asked.append,
            **options,
        )
        self.stage.publish(publication)
        return Published(self, publication, asked)

    async def ask(self, method: str, url: str, body: Any = None, **options: Any) -> ClientResponse:
        """A request with a token; its body is read."""
        headers = self.headers(**options) if "headers" not in options else options["headers"]
        path = url if url.startswith("http") else self.base + url
        response = await self.http.request(method, path, data=body, headers=headers)
        await response.read()
        return response

    async def watch(self, decoder: Decoder) -> None:
        """POSTs its offer; it connects."""
        response = await self.ask("POST", self.url(), await decoder.offer())
        assert response.status == 201
        await decoder.take(await response.text())

    async def subscribe(
        self, viewer: Viewer, *, seats: int = 1, participant: str = "", **options: Any
    ) -> Viewer:
        """POSTs its offer, and connects."""
        url = self.url(participant)
        response = await self.ask("POST", url, viewer.wanting(seats), **options)
        viewer.answer = await response.text()
        assert response.status == 201, viewer.answer
        viewer.location, viewer.etag = response.headers["Location"], response.headers["ETag"]
        await viewer.connect(viewer.answer)
        viewer.listen()
        return viewer


def forwardkit_levels() -> Any:
    """Audio levels under the identifier 1."""
    return forwardkit.ExtensionIds(audio_level=1)


@contextlib.contextmanager
def viewers(count: int) -> Iterator[list[Viewer]]:
    """Closed at the end."""
    made = [Viewer() for _ in range(count)]
    try:
        yield made
    finally:
        for viewer in made:
            viewer.close()


@contextlib.asynccontextmanager
async def running(core: str = "portable", **settings: Any) -> AsyncIterator[Whep]:
    """The plane with *settings*, on ports of its own."""
    clock, registry, keys = ShiftedClock(), CollectorRegistry(), new_keys()
    rtc = RtcSettings(host="127.0.0.1", port=0, tcp_port=-1, shards=1, core=core)  # type: ignore[arg-type]
    endpoint = RtcEndpoint(settings=rtc, clock=clock, metrics=registry)
    context = Context(
        clock=clock,
        settings=Settings({"cascade": settings}),
        metrics=registry,
        keys=keys,
        data=Path(),
        rtc=endpoint,
    )
    plane = app.create(context)
    application = web.Application(middlewares=[problem.middleware])
    application.add_routes(plane.routes())
    await endpoint.start()
    await context.presence.start()
    tasks = [asyncio.create_task(part.run()) for part in (context.bus, endpoint, plane)]
    try:
        async with TestServer(application) as server, ClientSession() as http:
            base = f"http://127.0.0.1:{server.port}"
            yield Whep(plane, endpoint, clock, keys, registry, http, base, context)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await endpoint.close()
        assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []


__all__ = ["ROOM", "Published", "Viewer", "Whep", "running", "until", "viewers"]
