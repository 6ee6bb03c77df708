"""One WHIP session (RFC 9725), by FFmpeg's own `whip` muxer: H.264 baseline and Opus.

Comes in: where to publish, what shape, then rendered frames with their capture times. Goes out:
SRTP, from the machine's FFmpeg and not from our own WebRTC code, so that our ingest is met by a
foreign publisher. It never waits for a frame's time and never reconnects by itself.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from av.container import OutputContainer

from levelchat.client.sources import Frame, Source
from levelchat.clock import Clock
from levelchat.media.codec import Kind
from levelchat.media.time import AUDIO_RATE, NANOSECOND, VIDEO_RATE, rescale

HANDSHAKE_MS = 5000
"""Milliseconds for ICE and DTLS; on a working path both take less than one."""
AUDIO_BITRATE = 96_000
"""Bits a second of stereo Opus: transparent for speech and good for music."""

X264 = {
    "preset": "superfast",
    "tune": "zerolatency",
    "profile": "baseline",
    # One slice a picture and one thread: frame threads would each add a frame of delay.
    "x264-params": "sliced-threads=0:threads=1:repeat-headers=1",
    "bf": "0",
}


Guard = Callable[[], AbstractContextManager[None]]
"""Entered around the two calls in which FFmpeg waits for HTTP: PyAV keeps the interpreter's
lock there and gives no time limit, so that no thread and no signal handler of ours can run."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where to publish, and with what right."""

    url: str
    token: str
    certificate: Path
    """PEM files: FFmpeg's own certificate is P-224, which OpenSSL refuses."""
    key: Path


class WhipSession:
    """A session that is up; made by `connect`."""

    def __init__(
        self,
        container: OutputContainer,
        streams: dict[Kind, av.VideoStream | av.AudioStream],
        begun_ns: int,
        guard: Guard,
    ) -> None:
        self.bytes = 0
        """Encoded, RTP headers not included."""
        self._container = container
        self._streams = streams
        self._guard = guard
        self._begun_ns = begun_ns
        """The capture time that sender reports pair with RTP time 0."""

    def write(self, kind: Kind, captured_ns: int, frame: Frame) -> None:
        """Encodes and sends *frame*; raises `av.FFmpegError` when the server is gone."""
        if captured_ns < self._begun_ns:
            return
        rate = VIDEO_RATE if kind is Kind.VIDEO else AUDIO_RATE
        frame.pts = rescale(captured_ns - self._begun_ns, NANOSECOND, rate)
        frame.time_base = Fraction(1, rate)
        self._send(kind, frame)

    def close(self) -> None:
        """Ends the session; FFmpeg sends the DELETE of RFC 9725 §4.2."""
        with self._guard():
            self._container.close()

    def _send(self, kind: Kind, frame: Frame) -> None:
        for packet in self._streams[kind].encode(frame):  # type: ignore[arg-type]
            self.bytes += packet.size
            self._container.mux(packet)


def connect(
    endpoint: Endpoint, source: Source, bitrate: int, clock: Clock, guard: Guard = nullcontext
) -> WhipSession:
    """Posts the offer and brings ICE and DTLS up; raises `av.FFmpegError`.

    *bitrate* is the picture's, bits a second.
    """
    container = av.open(
        endpoint.url,
        "w",
        format="whip",
        options={
            "authorization": endpoint.token,
            "cert_file": str(endpoint.certificate),
            "key_file": str(endpoint.key),
            # Passive, FFmpeg would lose a server's first ClientHello and a second with it.
            "whip_flags": "dtls_active",
            "handshake_timeout": str(HANDSHAKE_MS),
        },
    )
    streams: dict[Kind, av.VideoStream | av.AudioStream] = {}
    try:
        if source.width:
            streams[Kind.VIDEO] = _video(container, source, bitrate)
        if source.has_sound:
            streams[Kind.AUDIO] = _audio(container)
        with guard():
            container.start_encoding()
    except BaseException:
        container.close()
        raise
    return WhipSession(container, streams, clock.now_ns(), guard)


def _video(container: OutputContainer, source: Source, bitrate: int) -> av.VideoStream:
    rate = source.rate
    # GOP of 1 s: FFmpeg's muxer answers no PLI, so that a decoder waits for the next key frame.
    options = {**X264, "g": str(round(rate)), "maxrate": str(bitrate), "bufsize": str(bitrate)}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = source.width, source.height, "yuv420p"
    stream.bit_rate = bitrate
    stream.codec_context.time_base = Fraction(1, VIDEO_RATE)
    return stream


def _audio(container: OutputContainer) -> av.AudioStream:
    stream = container.add_stream("libopus", rate=AUDIO_RATE)
    stream.codec_context.layout = "stereo"
    stream.codec_context.format = "s16"
    stream.bit_rate = AUDIO_BITRATE
    return stream
