"""Which packets of a source an outlet leaves out (F14).

Comes in: packets in order and the highest layers wanted. Goes out: whether each goes out, whether
it is the last of its picture that does, and whether only a key frame helps. Never sees packets of
an outlet that wants all layers.
"""

from collections import deque

from levelchat.rtc.forward.dependency import NOT_PRESENT, SWITCH, Frame
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.sequence import SEQUENCE_BITS, unwrap

ALL = 255
"""No limit."""
_REMEMBERED = 256
"""Frames: no difference is longer (AV1 RTP A.8.2.2 has 12 bits, encoders keep 8 pictures)."""
_PATIENCE = 2
"""Pictures of the lowest temporal layer that may pass until a spatial change needs a key frame."""


class Layering:
    """Of one stretch of one source, from the picture after *timestamp* on. What was before counts
    as sent; in the beginning all layers go out.
    """

    __slots__ = ("_descriptors", "_frames", "spatial", "temporal")

    def __init__(self, spatial: int, temporal: int, timestamp: int | None = None) -> None:
        self.spatial = spatial
        self.temporal = temporal
        self._descriptors = _Descriptors(timestamp)
        self._frames = _Frames()

    def want(self, spatial: int, temporal: int) -> None:
        """Other limits from now on."""
        self.spatial = spatial
        self.temporal = temporal

    @property
    def needs_key_frame(self) -> bool:
        """The wanted layers begin at a key frame only."""
        return self._frames.waits >= _PATIENCE or self._descriptors.waits >= _PATIENCE

    def takes(self, packet: Packet, *, late: bool = False) -> bool:
        """Whether *packet* goes out. A late one changes nothing."""
        if packet.frame is not None:
            return self._frames.takes(packet.frame, (self.spatial, self.temporal), late=late)
        if packet.descriptor.layered:
            return self._descriptors.takes(packet, (self.spatial, self.temporal), late=late)
        return True

    def ends_picture(self, packet: Packet) -> bool:
        """Whether *packet* is the last of its picture that goes out, its marker aside."""
        if packet.frame is not None:
            return self._frames.ends_picture(packet.frame)
        return packet.descriptor.ends and packet.descriptor.spatial == self._descriptors.spatial


class _Descriptors:
    """By VP8's and VP9's payload descriptors. Layers change between pictures only."""

    __slots__ = ("_timestamp", "_top", "spatial", "temporal", "waits")

    def __init__(self, timestamp: int | None) -> None:
        self.spatial = ALL
        self.temporal = ALL
        self.waits = 0
        self._top = 0
        """The highest spatial layer that the stream has."""
        self._timestamp = timestamp

    def takes(self, packet: Packet, wanted: tuple[int, int], *, late: bool) -> bool:
        if not late and packet.timestamp != self._timestamp:
            self._timestamp = packet.timestamp
            self._on_picture(packet, wanted)
        descriptor = packet.descriptor
        self._top = max(self._top, descriptor.spatial)
        return descriptor.spatial <= self.spatial and descriptor.temporal <= self.temporal

    def _on_picture(self, packet: Packet, wanted: tuple[int, int]) -> None:
        spatial, temporal = wanted
        if packet.key:
            self.spatial, self.temporal = wanted
        descriptor = packet.descriptor
        self.spatial = min(self.spatial, spatial)
        self.temporal = min(self.temporal, temporal)
        # One layer at a time: what the bit says of this picture it does not say of the layers
        # between.
        if descriptor.sync and self.temporal + 1 == descriptor.temporal <= temporal:
            self.temporal = descriptor.temporal
        if self.spatial >= min(spatial, self._top):
            self.waits = 0
        elif not descriptor.temporal:
            self.waits += 1


class _Frames:
    """By the dependency descriptor. A decode target changes where the new one may be entered and
    all that the frame refers to has gone out; in a stream without inter-layer prediction between
    key frames (L3T3_KEY) that is at a key frame only, downwards too.
    """

    __slots__ = ("_decided", "_first", "_highest", "_order", "_target", "waits")

    def __init__(self) -> None:
        self._target: int | None = None
        """None: all."""
        self._first = self._highest = -1
        self._decided: dict[int, bool] = {}
        self._order: deque[int] = deque()
        self.waits = 0

    def takes(self, frame: Frame, wanted: tuple[int, int], *, late: bool) -> bool:
        number = frame.number
        if self._highest < 0:
            # A turn ahead, so that what was before has a number too.
            self._first = self._highest = number = number + (1 << SEQUENCE_BITS)
        else:
            number = unwrap(number, self._highest, SEQUENCE_BITS)
        known = self._decided.get(number)
        if known is not None:
            return known
        if not late and (frame.starts or not frame.differences):
            self._aim(frame, number, wanted)
        target = self._target
        taken = (
            target is None
            or target >= len(frame.indications)
            or frame.indications[target] != NOT_PRESENT
        )
        self._remember(number, taken=taken)
        return taken

    def _aim(self, frame: Frame, number: int, wanted: tuple[int, int]) -> None:
        everything = wanted == (ALL, ALL)
        target = _best(frame, wanted)
        if self._target is not None and self._target >= len(frame.targets):
            self._target = None
        if not frame.differences:
            # A key frame's first frame: every target may be entered.
            self._target = None if everything else target
        elif self._is_other(target, everything=everything) and self._enters(frame, number, target):
            self._target = target
        if not self._is_other(target, everything=everything):
            self.waits = 0
        elif not frame.spatial and not frame.temporal and self._is_spatial_change(frame, target):
            self.waits += 1

    def _is_other(self, target: int, *, everything: bool) -> bool:
        return target != self._target and not (everything and self._target is None)

    def _is_spatial_change(self, frame: Frame, target: int) -> bool:
        current = self._target
        return current is None or frame.targets[current][0] != frame.targets[target][0]

    def _enters(self, frame: Frame, number: int, target: int) -> bool:
        return frame.indications[target] == SWITCH and all(
            self._decided.get(number - difference, number - difference < self._first)
            for difference in frame.differences
        )

    def _remember(self, number: int, *, taken: bool) -> None:
        self._decided[number] = taken
        self._order.append(number)
        self._highest = max(self._highest, number)
        if len(self._order) > _REMEMBERED:
            self._decided.pop(self._order.popleft(), None)

    def ends_picture(self, frame: Frame) -> bool:
        if not frame.ends or self._target is None or self._target >= len(frame.targets):
            return False
        return frame.spatial == frame.targets[self._target][0]


def _best(frame: Frame, wanted: tuple[int, int]) -> int:
    """The decode target with the highest layers among those that are sent and wanted; else the
    lowest of all.
    """
    spatial, temporal = wanted
    fitting = [
        (layers, index)
        for index, layers in enumerate(frame.targets)
        if layers[0] <= spatial and layers[1] <= temporal
    ]
    active = [item for item in fitting if frame.active >> item[1] & 1]
    if active or fitting:
        return max(active or fitting)[1]
    return min((layers, index) for index, layers in enumerate(frame.targets))[1]
