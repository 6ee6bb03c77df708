"""Laws of a session, by real publishers: aiortc, FFmpeg, and one that misbehaves on purpose."""

import asyncio
import contextlib
import random
import struct
import sys
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import av
import forwardkit
import offers
import pytest
import structlog
import whip
from rawpeer import RawPeer
from whip import ROOM, Ingest, Picture, Publisher, Stream, Tone, until

from levelchat.bus.messages import TokenRevoked
from levelchat.bus.seams import CONTROL
from levelchat.errors import EnvironmentFault
from levelchat.media.codec import Codec, Kind
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.time import NANOSECOND

FLOOD = 200_000
"""Datagrams; `levelchat bench garbage` sends them by the million."""
FLOOD_RATE = 40_000

KEY_FRAME = b"\x10" + bytes([0x10, 0, 0, 0x9D, 0x01, 0x2A, 16, 0, 16, 0])
SIMULCAST = (
    offers.VIDEO
    + "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
    + "a=rid:h send\na=rid:m send\na=rid:l send\na=simulcast:send h;m;l\n"
)
RED = offers.AUDIO.replace("SAVPF 111", "SAVPF 63 111") + (
    "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n"
)


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    async with whip.running(max_bitrate=3_000_000) as running:
        yield running


async def stream_with(ingest: Ingest, kind: Kind, count: int) -> Stream:
    """The first stream, once it has *count* frames of *kind*."""
    await until(lambda: ingest.sink.streams and len(ingest.sink.streams[0].of(kind)) >= count)
    return ingest.sink.streams[0]


async def connected(ingest: Ingest, raw: RawPeer, *sections: str) -> None:
    headers = ingest.headers()
    async with ingest.http.post(
        ingest.url(), data=raw.offer(*sections), headers=headers
    ) as response:
        await raw.connect(await response.text())


def pictures(codec: Codec, frames: list[EncodedFrame]) -> list[tuple[int, int]]:
    """The sizes of what a decoder makes of *frames*."""
    decoder = av.CodecContext.create(codec.value, "r")
    decoded = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
    return [(picture.width, picture.height) for picture in decoded + decoder.decode(None)]


@contextlib.asynccontextmanager
async def ffmpeg(ingest: Ingest, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """FFmpeg's own WHIP muxer, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "levelchat", "publish", ingest.url()),
        *("--token", ingest.token(), "--test-pattern", "--size", "160x120", *options),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(("name", "codec"), [("H264", Codec.H264), ("VP8", Codec.VP8)])
async def test_a_browser_like_publisher(ingest: Ingest, name: str, codec: Codec) -> None:
    """What aiortc encodes comes out as frames in order that a decoder takes, with its sound."""
    async with Publisher(ingest, codec=name) as publisher:
        await publisher.publish()
        stream = await stream_with(ingest, Kind.VIDEO, 20)

    video, audio = stream.of(Kind.VIDEO), stream.of(Kind.AUDIO)
    assert stream.tracks == (TrackInfo(codec), TrackInfo(Codec.OPUS))
    assert video[0].key
    assert not any(frame.broken for frame in stream.frames)
    assert set(pictures(codec, video)) == {(160, 120)}
    assert audio
    assert {after.pts - before.pts for before, after in pairwise(audio)} == {960}
    assert all(after.wall_ns > before.wall_ns for before, after in pairwise(video))
    await until(lambda: stream.closed)
    assert stream.closed == "the publisher closed the connection"


async def test_a_foreign_publisher(ingest: Ingest) -> None:
    """FFmpeg publishes, sound and picture of now on one clock, and ends its session by DELETE."""
    async with ffmpeg(ingest, "--seconds", "2") as process:
        stream = await stream_with(ingest, Kind.VIDEO, 30)
        now_ns = ingest.clock.now_ns()
        for kind in Kind:
            assert 0 <= now_ns - stream.of(kind)[-1].wall_ns < NANOSECOND // 2
        await until(lambda: stream.closed)
        assert await process.wait() == 0

    assert stream.closed == "ended by the publisher"
    assert {track.codec for track in stream.tracks} == {Codec.H264, Codec.OPUS}
    assert len(pictures(Codec.H264, stream.of(Kind.VIDEO))) == len(stream.of(Kind.VIDEO))
    assert ingest.metric("levelchat_ingest_lost_total", kind="video") == 0


@pytest.mark.parametrize(
    ("source", "kind"), [(Tone, Kind.AUDIO), (Picture, Kind.VIDEO)], ids=["audio", "video"]
)
async def test_one_track_is_enough(ingest: Ingest, source: type, kind: Kind) -> None:
    """A publisher of sound alone, or of a picture alone, is a publisher."""
    async with Publisher(ingest, source()) as publisher:
        await publisher.publish()
        stream = await stream_with(ingest, kind, 10)

    assert [track.kind for track in stream.tracks] == [kind]


async def test_one_of_two_tracks_may_stay_silent(ingest: Ingest) -> None:
    """Sound goes on although the picture that was announced never comes."""
    with contextlib.closing(RawPeer()) as raw:
        await connected(ingest, raw)
        for index in range(5):
            raw.send_rtp(111, b"\xf8sound", timestamp=960 * index)
        stream = await stream_with(ingest, Kind.AUDIO, 5)

        assert {track.kind for track in stream.tracks} == {Kind.AUDIO, Kind.VIDEO}
        assert stream.of(Kind.VIDEO) == []


async def test_it_connects_and_never_sends(ingest: Ingest) -> None:
    """Without media the session ends after 20 s, and the packager never heard of it."""
    with contextlib.closing(RawPeer()) as raw, structlog.testing.capture_logs() as logs:
        await connected(ingest, raw)
        ingest.clock.skip(15)
        await raw.check()
        await asyncio.sleep(0.05)
        assert ingest.metric("levelchat_ingest_sessions") == 1

        ingest.clock.skip(6)

        await until(lambda: ingest.metric("levelchat_ingest_sessions") == 0)
        assert ingest.sink.streams == []
        (end,) = [line for line in logs if line["event"] == "publisher session ends"]
        assert end["reason"] == "no media within 20 s"
        assert end["room"] == ROOM


async def test_a_pause_has_a_limit(ingest: Ingest) -> None:
    """A publisher that checks but sends nothing for 30 s is let go, with one line in the log."""
    with contextlib.closing(RawPeer()) as raw, structlog.testing.capture_logs() as logs:
        await connected(ingest, raw)
        raw.send_rtp(111, b"\xf8sound")
        stream = await stream_with(ingest, Kind.AUDIO, 1)
        for _ in range(2):
            ingest.clock.skip(15.5)
            assert not stream.closed
            await raw.check()

        await until(lambda: stream.closed)

        assert stream.closed == "no media for 30 s"
        events = [line["event"] for line in logs if line["event"].startswith("publisher")]
        assert events == ["publisher session begins", "publisher session ends"]


async def test_the_packager_may_refuse() -> None:
    """When nobody takes the frames the publisher is told goodbye, and the log has the reason."""

    class _Full(EnvironmentFault):
        code = "test_full"

    class FullSink:
        def open(self, *_args: object) -> Stream:
            raise _Full("no room left")

    async with whip.running(FullSink()) as ingest:
        with contextlib.closing(RawPeer()) as raw, structlog.testing.capture_logs() as logs:
            await connected(ingest, raw)
            raw.send_rtp(111, b"\xf8sound")
            await until(lambda: ingest.metric("levelchat_ingest_sessions") == 0)

        assert logs[-1]["reason"] == "the packager refused: no room left"


async def test_lost_packets_are_asked_for(ingest: Ingest) -> None:
    """A gap is reported at once by NACK, and REMB names the stream within the first 200 ms."""
    with contextlib.closing(RawPeer()) as raw:
        await connected(ingest, raw, offers.VIDEO)
        raw.send_rtp(96, KEY_FRAME)
        raw.sequence += 1
        raw.send_rtp(96, b"\x10\x11 a frame that needs another", timestamp=3000)

        nack = await raw.rtcp()
        report = await raw.rtcp()

        assert struct.unpack("!BBHIIHH", nack[:16]) == (0x81, 205, 3, 1, 0x1234, 1002, 0)
        assert report[1] == 201
        assert b"REMB" in report
        assert struct.pack("!I", 0x1234) in report[report.index(b"REMB") :]


async def test_a_key_frame_can_be_requested(ingest: Ingest) -> None:
    """What the packager asks for reaches the publisher as PLI, and brings a key frame."""
    async with Publisher(ingest) as publisher:
        await publisher.publish()
        stream = await stream_with(ingest, Kind.VIDEO, 5)
        keys = sum(frame.key for frame in stream.of(Kind.VIDEO))

        stream.request_key_frame()

        await until(lambda: sum(frame.key for frame in stream.of(Kind.VIDEO)) > keys)


async def test_what_was_not_agreed_on_is_counted(ingest: Ingest) -> None:
    """Unknown payload types, broken RTCP and reports of strangers change nothing."""
    rng = random.Random(6)
    with contextlib.closing(RawPeer()) as raw:
        await connected(ingest, raw)
        raw.send_rtp(111, b"\xf8sound")
        for payload_type in (0, 33, 127):
            raw.send_rtp(payload_type, b"?")
        for _ in range(50):
            junk = b"\x80\xc8" + rng.randbytes(2) + struct.pack("!I", 0x1234) + rng.randbytes(20)
            raw.send(raw.dtls.sessions[1].protect_rtcp(junk))
        raw.send_rtp(111, b"\xf8sound", timestamp=960)
        await stream_with(ingest, Kind.AUDIO, 2)

        await until(lambda: ingest.metric("levelchat_ingest_stray_packets_total") == 3)
        assert ingest.metric("levelchat_ingest_malformed_rtcp_total") >= 45
        assert ingest.metric("levelchat_ingest_sessions") == 1


async def test_garbage_in_every_payload(ingest: Ingest) -> None:
    """Authentic packets of random content, of every length, never end the session."""
    rng = random.Random(7)

    def taken() -> float:
        # Which track an SSRC is of is what its first packets say; here they say many things.
        name = "levelchat_ingest_packets_total"
        return sum(ingest.metric(name, kind=kind) for kind in Kind)

    with contextlib.closing(RawPeer()) as raw:
        await connected(ingest, raw)
        async with asyncio.timeout(20):
            while taken() < 2000:
                raw.send_rtp(
                    rng.choice((96, 97, 111)),
                    rng.randbytes(rng.randrange(40)),
                    timestamp=raw.sequence * 480,
                    ssrc=rng.randrange(1, 4),
                )
                if raw.sequence % 20 == 0:
                    # A pace at which the socket and the one loop of all lose nothing.
                    await asyncio.sleep(0.005)

        assert ingest.metric("levelchat_ingest_sessions") == 1


async def test_a_flood_of_garbage_disturbs_nobody(ingest: Ingest) -> None:
    """While 200,000 broken datagrams of every protocol come in a broadcast loses nothing."""
    async with ffmpeg(ingest):
        stream = await stream_with(ingest, Kind.VIDEO, 10)
        before = len(stream.of(Kind.VIDEO))
        flood = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.udp_flood", "127.0.0.1", str(ingest.endpoint.port)),
            *(str(FLOOD), str(FLOOD_RATE)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await flood.wait() == 0
        core = ingest.endpoint.forwarder
        await until(lambda: ingest.endpoint.metrics.datagrams + core.totals().unknown >= FLOOD)
        frames = stream.of(Kind.VIDEO)

        assert len(frames) - before > 30 * FLOOD // FLOOD_RATE * 0.8
        assert not any(frame.broken for frame in frames)
        assert {after.pts - before.pts for before, after in pairwise(frames)} == {3000}
        assert not stream.closed
        assert core.totals().srtp_errors == 0


class Layered:
    """One simulcast layer of *raw*'s picture; its frames end with its number."""

    def __init__(self, raw: RawPeer, ssrc: int, rid: bytes) -> None:
        self.raw, self.ssrc, self.rid, self.sequence = raw, ssrc, rid, 0

    def send(self, *, key: bool = False) -> None:
        self.sequence += 1
        packet = forwardkit.packet(
            self.sequence,
            time.monotonic_ns() * 9 // 100_000,
            (KEY_FRAME if key else b"\x10\x11 more") + bytes((self.ssrc,)),
            ssrc=self.ssrc,
            elements={3: self.rid},
            marker=True,
        )
        self.raw.send(self.raw.dtls.sessions[1].protect(packet))

    def came(self, stream: Stream) -> int:
        """Frames of it that were packaged."""
        return sum(frame.data[-1] == self.ssrc for frame in stream.of(Kind.VIDEO))

    def was_asked(self, packet: bytes) -> bool:
        """*packet* holds a PLI for it."""
        return struct.pack("!HHII", 0x81CE, 2, 1, self.ssrc) in packet


async def on_stage(ingest: Ingest, raw: RawPeer, *sections: str) -> str:
    """Connects as a publisher of the stage; our answer."""
    url = ingest.url() + "?to=stage"
    body = raw.offer(*sections)
    async with ingest.http.post(url, data=body, headers=ingest.headers()) as response:
        answer = await response.text()
        assert response.status == 201, answer
    await raw.connect(answer)
    return answer


async def test_the_stage_is_given_packets_as_they_come(ingest: Ingest) -> None:
    """No frame is made of them; gaps and key frames are asked for all the same."""
    with contextlib.closing(RawPeer()) as raw:
        await on_stage(ingest, raw, offers.VIDEO)
        raw.send_rtp(96, KEY_FRAME)
        await until(lambda: ingest.stage.there)
        (publication,) = ingest.stage.there.values()
        (track,) = publication.tracks
        assert (publication.identity, publication.programme) == ("tester", False)
        assert (track.codec, [layer.rid for layer in track.layers]) == (Codec.VP8, [""])

        raw.sequence += 1
        raw.send_rtp(96, b"\x10\x11 a frame that needs another", timestamp=3000)
        assert (await raw.rtcp())[:2] == b"\x81\xcd"
        publication.request_key_frame(track.layers[0].source)
        asked = b""
        while b"\x81\xce\x00\x02" not in asked:
            asked = await raw.rtcp()

        assert not ingest.sink.streams
        assert ingest.endpoint.forwarder.source_stats(track.layers[0].source).packets == 2


async def test_layers_of_a_track_are_published_from_the_lowest(ingest: Ingest) -> None:
    """Each a source of its own, found by the name in its packets; of them the best is packaged."""
    with contextlib.closing(RawPeer()) as raw:
        url, body = ingest.url(), raw.offer(SIMULCAST)
        async with ingest.http.post(url, data=body, headers=ingest.headers()) as response:
            answer = await response.text()
        assert "a=simulcast:recv h;m;l" in answer
        await raw.connect(answer)
        for ssrc, rid in enumerate((b"l", b"m", b"h"), start=1):
            packet = forwardkit.packet(7, payload=KEY_FRAME, ssrc=ssrc, elements={3: rid})
            raw.send(raw.dtls.sessions[1].protect(packet))
        await until(lambda: ingest.stage.there)
        (publication,) = ingest.stage.there.values()
        (track,) = publication.tracks
        assert publication.programme
        assert [layer.rid for layer in track.layers] == ["l", "m", "h"]

        stats = ingest.endpoint.forwarder.source_stats
        await until(lambda: [stats(each.source).ssrc for each in track.layers] == [1, 2, 3])


async def test_the_best_layer_that_flows_is_packaged(ingest: Ingest) -> None:
    """When its encoder drops it the next takes over, and hands back: each at a key frame that is
    asked for.
    """
    with contextlib.closing(RawPeer()) as raw:
        await connected(ingest, raw, SIMULCAST)
        low, high = Layered(raw, 1, b"l"), Layered(raw, 2, b"h")
        low.send(key=True)
        high.send(key=True)
        stream = await stream_with(ingest, Kind.VIDEO, 1)
        await until(lambda: high.came(stream), what="the high layer")

        while not low.was_asked(await raw.rtcp()):
            low.send()
            await asyncio.sleep(0.05)
        before = low.came(stream)
        low.send(key=True)
        await until(lambda: low.came(stream) > before, what="the low layer instead")
        high.send()
        while not high.was_asked(await raw.rtcp()):
            high.send()
        before = high.came(stream)
        high.send(key=True)
        await until(lambda: high.came(stream) > before, what="the high layer again")

        frames = stream.of(Kind.VIDEO)
        assert all(after.key for one, after in pairwise(frames) if one.data[-1] != after.data[-1])


async def test_redundant_audio_is_asked_for_where_it_is_wished() -> None:
    """Of the stage, whose packets go on as they are; a packager takes plain Opus only."""
    async with whip.running(redundant_audio=True) as ingest:
        with contextlib.closing(RawPeer()) as raw:
            answer = await on_stage(ingest, raw, RED)
            assert "m=audio 9 UDP/TLS/RTP/SAVPF 63 111" in answer
            raw.send_rtp(63, b"\xef\x00\x00\x05once!twice")
            await until(lambda: ingest.stage.there)
            (publication,) = ingest.stage.there.values()
            assert publication.tracks[0].red

        with contextlib.closing(RawPeer()) as raw:
            body, headers = raw.offer(RED), ingest.headers()
            async with ingest.http.post(ingest.url(), data=body, headers=headers) as response:
                assert "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" in await response.text()


async def test_a_publisher_of_the_stage_can_be_kicked(ingest: Ingest) -> None:
    """At once it is on no stage any more, and hears goodbye."""
    with contextlib.closing(RawPeer()) as raw:
        await on_stage(ingest, raw, offers.AUDIO)
        raw.send_rtp(111, b"\xf8sound")
        await until(lambda: ingest.stage.there)

        until_ms = ingest.clock.wall_ns() // 1_000_000 + 60_000
        kick = TokenRevoked(whip.ROOM, "tester", (), "kicked", until_ms)
        ingest.context.bus.publish(CONTROL, kick)

        await until(lambda: not ingest.stage.there)
        await until(lambda: ingest.metric("levelchat_ingest_sessions") == 0)
