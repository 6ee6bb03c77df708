"""Reads what a viewer must know from CMAF bytes: times, sample counts, where a decoder can start.

Comes in: an init section, or a part or segment. Goes out: small values. It never decodes, never
repairs, and reads no more boxes than its values need.
"""

import struct
from collections.abc import Iterator
from itertools import zip_longest

import msgspec

_HEADER = struct.Struct(">I4s")
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")

# ISO/IEC 14496-12 §8.8.7.1 (tfhd) and §8.8.8.1 (trun): which optional fields are there.
_TFHD_BASE_OFFSET = 0x000001
_TFHD_DESCRIPTION = 0x000002
_TFHD_DURATION = 0x000008
_TFHD_SIZE = 0x000010
_TFHD_FLAGS = 0x000020
_TFHD_BASE_IS_MOOF = 0x020000
_TRUN_DATA_OFFSET = 0x000001
_TRUN_FIRST_FLAGS = 0x000004
_TRUN_DURATION = 0x000100
_TRUN_SIZE = 0x000200
_TRUN_FLAGS = 0x000400
_TRUN_PER_SAMPLE = 0x000F00
"""Duration, size, flags, composition time offset: 32 bits each."""

_NON_SYNC = 0x00010000
"""§8.8.3.1 sample_is_non_sync_sample."""

_CONTAINERS = {b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf"}


class BoxError(ValueError):
    """The bytes are not a sequence of whole boxes, or one of them lacks a field."""


class Box(msgspec.Struct, frozen=True):
    """One box: where it lies in the bytes given, header included, and its payload."""

    kind: bytes
    start: int
    size: int
    payload: memoryview


class Header(msgspec.Struct, frozen=True):
    """What an init section (`ftyp` + `moov`) says of its only track."""

    kinds: tuple[str, ...]
    """The top-level boxes in order."""
    brands: tuple[str, ...]
    tracks: int
    track: int
    timescale: int
    default_duration: int
    default_size: int
    default_flags: int


class Chunk(msgspec.Struct, frozen=True):
    """One `moof` with its `mdat`."""

    track: int
    sequence: int
    tracks: int
    """Count of `traf`; CMAF allows one."""
    runs: int
    """Count of `trun`; CMAF allows one."""
    base_is_moof: bool
    decode_time: int
    """tfdt, ticks of the track's timescale."""
    duration: int
    samples: int
    sample_bytes: int
    """Sum of the sample sizes; equals the payload of the `mdat`."""
    payload_bytes: int
    data_offset: int | None
    """From the start of the `moof` to the first sample; None when it does not say."""
    expected_offset: int
    independent: bool
    """The first sample is a sync sample."""


class Media(msgspec.Struct, frozen=True):
    """A part or a segment."""

    kinds: tuple[str, ...]
    """The top-level boxes in order."""
    chunks: tuple[Chunk, ...]


def walk(data: bytes | memoryview) -> Iterator[Box]:
    """The boxes that *data* consists of."""
    view = memoryview(data)
    position = 0
    while position < len(view):
        if len(view) - position < _HEADER.size:
            raise BoxError(f"{len(view) - position} stray bytes after the last box")
        size, kind = _HEADER.unpack_from(view, position)
        header = _HEADER.size
        if size == 1:  # §4.2.2: the size is in the 64 bits that follow
            size = _number(_U64, view, position + header)
            header += _U64.size
        if size < header or position + size > len(view):
            raise BoxError(f"box {_name(kind)} of {size} bytes does not fit")
        yield Box(kind, position, size, view[position + header : position + size])
        position += size


def read_header(data: bytes) -> Header:
    """The init section *data*."""
    top = list(walk(data))
    found: dict[bytes, list[memoryview]] = {}
    for box in top:
        _collect(box, found)
    tracks = len(found.get(b"trak", []))
    mdhd, trex = _only(found, b"mdhd"), _only(found, b"trex")
    return Header(
        kinds=tuple(_name(box.kind) for box in top),
        brands=_brands(_only(found, b"ftyp")),
        tracks=tracks,
        track=_number(_U32, _only(found, b"tkhd"), 20 if _version(_only(found, b"tkhd")) else 12),
        timescale=_number(_U32, mdhd, 20 if _version(mdhd) else 12),
        default_duration=_number(_U32, trex, 12),
        default_size=_number(_U32, trex, 16),
        default_flags=_number(_U32, trex, 20),
    )


def read_media(data: bytes, header: Header) -> Media:
    """The part or segment *data* of the track that *header* describes."""
    top = list(walk(data))
    chunks = [
        _chunk(box, after, header)
        for box, after in zip_longest(top, top[1:])
        if box.kind == b"moof"
    ]
    return Media(kinds=tuple(_name(box.kind) for box in top), chunks=tuple(chunks))


def _collect(box: Box, found: dict[bytes, list[memoryview]]) -> None:
    found.setdefault(box.kind, []).append(box.payload)
    if box.kind in _CONTAINERS:
        for child in walk(box.payload):
            _collect(child, found)


def _only(found: dict[bytes, list[memoryview]], kind: bytes) -> memoryview:
    if kind not in found:
        raise BoxError(f"there is no {_name(kind)}")
    return found[kind][0]


def _number(shape: struct.Struct, view: memoryview, offset: int) -> int:
    try:
        (value,) = shape.unpack_from(view, offset)
    except struct.error as error:
        raise BoxError("a box ends in the middle of a field") from error
    return int(value)


def _name(kind: bytes) -> str:
    return kind.decode("latin-1")


def _version(view: memoryview) -> int:
    return _number(_U32, view, 0) >> 24


def _flags(view: memoryview) -> int:
    return _number(_U32, view, 0) & 0xFFFFFF


def _brands(view: memoryview) -> tuple[str, ...]:
    names = [bytes(view[at : at + 4]).decode("latin-1") for at in range(0, len(view), 4)]
    return (names[0], *names[2:]) if names else ()


def _chunk(moof: Box, after: Box | None, header: Header) -> Chunk:
    found: dict[bytes, list[memoryview]] = {}
    _collect(moof, found)
    fragment = _TrackFragment(_only(found, b"tfhd"), header)
    runs = [_Run(view, fragment) for view in found.get(b"trun", [])]
    tfdt = _only(found, b"tfdt")
    data = after if after is not None and after.kind == b"mdat" else None
    return Chunk(
        track=fragment.track,
        sequence=_number(_U32, _only(found, b"mfhd"), 4),
        tracks=len(found.get(b"traf", [])),
        runs=len(runs),
        base_is_moof=fragment.base_is_moof,
        decode_time=_number(_U64 if _version(tfdt) else _U32, tfdt, 4),
        duration=sum(run.duration for run in runs),
        samples=sum(run.samples for run in runs),
        sample_bytes=sum(run.sample_bytes for run in runs),
        payload_bytes=len(data.payload) if data else 0,
        data_offset=runs[0].data_offset if runs else None,
        expected_offset=moof.size + (data.size - len(data.payload) if data else 0),
        independent=bool(runs) and runs[0].independent,
    )


class _TrackFragment:
    """tfhd: the defaults of this fragment, where absent those of trex."""

    def __init__(self, view: memoryview, header: Header) -> None:
        flags = _flags(view)
        self.track = _number(_U32, view, 4)
        self.base_is_moof = bool(flags & _TFHD_BASE_IS_MOOF)
        at = 8 + 8 * bool(flags & _TFHD_BASE_OFFSET) + 4 * bool(flags & _TFHD_DESCRIPTION)
        self.duration = header.default_duration
        self.size = header.default_size
        self.flags = header.default_flags
        if flags & _TFHD_DURATION:
            self.duration = _number(_U32, view, at)
            at += 4
        if flags & _TFHD_SIZE:
            self.size = _number(_U32, view, at)
            at += 4
        if flags & _TFHD_FLAGS:
            self.flags = _number(_U32, view, at)


class _Run:
    """trun: sums over its samples."""

    def __init__(self, view: memoryview, defaults: _TrackFragment) -> None:
        flags = _flags(view)
        self.samples = _number(_U32, view, 4)
        at = 8
        self.data_offset: int | None = None
        if flags & _TRUN_DATA_OFFSET:
            self.data_offset = _number(_U32, view, at)
            at += 4
        first = defaults.flags
        if flags & _TRUN_FIRST_FLAGS:
            first = _number(_U32, view, at)
            at += 4
        step = 4 * (flags & _TRUN_PER_SAMPLE).bit_count()
        if at + step * self.samples > len(view):
            raise BoxError(f"trun of {self.samples} samples is cut off")
        self.duration = self._sum(view, at, step, flags & _TRUN_DURATION, defaults.duration)
        at += 4 * bool(flags & _TRUN_DURATION)
        self.sample_bytes = self._sum(view, at, step, flags & _TRUN_SIZE, defaults.size)
        at += 4 * bool(flags & _TRUN_SIZE)
        # §8.8.8.1: first-sample-flags and per-sample flags exclude each other.
        if flags & _TRUN_FLAGS and self.samples:
            first = _number(_U32, view, at)
        self.independent = self.samples > 0 and not first & _NON_SYNC

    def _sum(self, view: memoryview, at: int, step: int, present: int, default: int) -> int:
        if not present:
            return default * self.samples
        return sum(_number(_U32, view, at + step * index) for index in range(self.samples))
