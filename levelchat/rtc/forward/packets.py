"""One incoming RTP packet as it is kept: taken apart once, sent many times.

Comes in: a parsed packet and its source's shape. Goes out: what every outlet needs to know of it,
and its bytes as they go out, made once for each set of extension identifiers. An outlet patches
only numbers into a copy.
"""

from typing import NamedTuple

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import descriptors, extensions, keyframes
from levelchat.rtc.forward.dependency import Frame
from levelchat.rtc.forward.seams import ExtensionIds

HEADER = 12
"""Bytes of an RTP header without CSRCs (RFC 3550 §5.1)."""
_FRAME_NUMBER_END = 3
"""AV1 RTP A.8.2: 16 bits behind the first byte."""
_FIRST = 0x80
_FIRST_EXTENDED = 0x90


class Packet:
    """What came. `sequence` is unwrapped within its history."""

    __slots__ = (
        "_images",
        "arrival_ns",
        "descriptor",
        "frame",
        "frame_number",
        "kept",
        "key",
        "marker",
        "payload",
        "sequence",
        "timestamp",
    )

    def __init__(self, packet: rtp.RtpPacket, kept: extensions.Kept, codec: Codec) -> None:
        payload = packet.payload
        self.sequence = packet.sequence
        self.timestamp = packet.timestamp
        self.marker = packet.marker
        self.payload = payload
        self.arrival_ns = packet.arrival_ns
        self.kept = kept
        self.key = keyframes.begins(codec, payload)
        self.descriptor = descriptors.read(codec, payload)
        self.frame: Frame | None = None
        """What the dependency descriptor says, where there is one."""
        element = kept.dependency
        self.frame_number = (
            int.from_bytes(element[1:_FRAME_NUMBER_END], "big")
            if element is not None and len(element) >= _FRAME_NUMBER_END
            else None
        )
        self._images: dict[Form, Image] = {}

    def image(self, form: "Form") -> "Image":
        """The packet with zeros for numbers."""
        image = self._images.get(form)
        if image is None:
            image = self._images[form] = self._make(form)
        return image

    def _make(self, form: "Form") -> "Image":
        extension, dependency = b"", 0
        if form.wanted:
            extension, dependency = extensions.write(self.kept, form.ids)
        first = _FIRST_EXTENDED if extension else _FIRST
        header = bytes((first,)) + bytes(HEADER - 1) + extension
        # The frame number is behind the descriptor's first byte (AV1 RTP A.8.2).
        frame_at = HEADER + dependency + 1 if dependency else 0
        return Image(header + self.payload, len(header), frame_at)


class Image(NamedTuple):
    """A packet as it goes out, but for its numbers."""

    data: bytes
    payload_at: int
    frame_at: int
    """Where the dependency descriptor's frame number is; 0 without one."""


class Form:
    """Extension identifiers of outlets; the same object for the same identifiers, so that looking
    an image up compares no values.
    """

    __slots__ = ("ids", "wanted")

    def __init__(self, ids: ExtensionIds) -> None:
        self.ids = ids
        self.wanted = ids != ExtensionIds()


MAX_FORMS = 256
"""Programs number extensions in a handful of ways; who invents more gets forms of their own."""


class Forms:
    """All forms in use."""

    def __init__(self) -> None:
        self._forms: dict[ExtensionIds, Form] = {}

    def form(self, ids: ExtensionIds) -> Form:
        """That of *ids*."""
        form = self._forms.get(ids)
        if form is None:
            form = Form(ids)
            if len(self._forms) < MAX_FORMS:
                self._forms[ids] = form
        return form
