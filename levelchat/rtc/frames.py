"""Joins the ordered packets of one track to frames; after a loss starts again at a key frame.

Comes in: packets in order, and word of those that will never come. Goes out: complete frames that
a decoder can take, at once when their last packet is in. Never asks for anything:
`wants_key_frame` says when someone should.
"""

from typing import NamedTuple

from levelchat.rtc.depacketize.seams import Depacketizer, MalformedPayload
from levelchat.rtc.rtp import RtpPacket

MAX_FRAME = 8 << 20
"""Bytes; half of what goes to a packager in one message. A 1080p key frame stays below 2 MiB."""


class Frame(NamedTuple):
    timestamp: int
    """As the wire has it."""
    arrival_ns: int
    """When its first packet came."""
    key: bool
    broken: bool
    data: bytes


class FrameAssembler:
    """*needs_key_frames* is false for audio, where every packet stands alone."""

    __slots__ = (
        "_arrival_ns",
        "_broken",
        "_depacketizer",
        "_needs_key_frames",
        "_size",
        "_skipping",
        "_timestamp",
        "dropped",
        "malformed",
        "waits_for_key_frame",
        "wants_key_frame",
    )

    def __init__(self, depacketizer: Depacketizer, *, needs_key_frames: bool) -> None:
        self._depacketizer = depacketizer
        self._needs_key_frames = needs_key_frames
        self._timestamp: int | None = None
        self._arrival_ns = 0
        self._size = 0
        self._skipping = False
        self._broken = False
        self.waits_for_key_frame = needs_key_frames
        self.wants_key_frame = False
        self.dropped = 0
        self.malformed = 0

    def push(self, packet: RtpPacket, frames: list[Frame]) -> None:
        """Takes the next packet; appends to *frames* what it completes."""
        payload = packet.payload
        # Chrome sends empty payloads and padding between frames, with timestamps of its own: they
        # belong to no frame and end none.
        if not payload:
            return
        if packet.timestamp != self._timestamp:
            # The frame before ended without a marker.
            if self._timestamp is not None:
                self._finish(frames)
            self._timestamp = packet.timestamp
            self._arrival_ns = packet.arrival_ns
        if not self._skipping:
            self._take(payload)
        if packet.marker or not self._needs_key_frames:
            self._finish(frames)

    def _take(self, payload: bytes) -> None:
        self._size += len(payload)
        if self._size > MAX_FRAME:
            self._refuse()
            return
        try:
            self._depacketizer.push(payload)
        except MalformedPayload:
            self._refuse()

    def _refuse(self) -> None:
        self.malformed += 1
        self.lose()

    def _finish(self, frames: list[Frame]) -> None:
        timestamp, self._timestamp = self._timestamp, None
        self._size = 0
        if self._skipping:
            self._skipping = False
            self.dropped += 1
            return
        try:
            unit = self._depacketizer.finish()
        except MalformedPayload:
            self.dropped += 1
            self._refuse()
            return
        if unit is None or timestamp is None:
            return
        if self.waits_for_key_frame and not unit.key:
            self.dropped += 1
            self.wants_key_frame = True
            return
        if unit.key:
            self.waits_for_key_frame = self.wants_key_frame = False
        frames.append(Frame(timestamp, self._arrival_ns, unit.key, self._broken, unit.data))
        self._broken = False

    def lose(self) -> None:
        """What comes next never will: the frame in progress is lost, and what refers to it."""
        self._depacketizer.reset()
        self._skipping = self._timestamp is not None
        self._broken = True
        self.waits_for_key_frame = self.wants_key_frame = self._needs_key_frames

    def resumes_with(self, packet: RtpPacket) -> bool:
        """Whether nothing before *packet* is needed any more: a key frame we wait for begins."""
        return (
            self.waits_for_key_frame
            and bool(packet.payload)
            and self._depacketizer.starts_key_frame(packet.payload)
        )
