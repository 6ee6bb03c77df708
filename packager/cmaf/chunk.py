"""CMAF chunks: one `moof` and one `mdat` (ISO/IEC 23000-19 §7.3.2.3, llhls.md B2).

Comes in: samples in decoding order, which is presentation order (no B-frames), and where they
stand on the track's time line. Goes out: the bytes of one Partial Segment; a segment is the
concatenation of its chunks. Each chunk describes itself: with the header, and without any other
chunk, a reader understands it (B8).
"""

from collections.abc import Sequence

import msgspec

from levelchat.media.time import NANOSECOND
from packager.cmaf.box import box, full_box, u32, u64
from packager.cmaf.header import TRACK

SYNC = 0x02000000
"""Sample flags (ISO/IEC 14496-12 §8.8.3.1, B13): depends on no other, is a sync sample."""
NOT_SYNC = 0x01010000
"""Depends on others, is no sync sample."""

# §8.8.7.1, tfhd flags.
_DESCRIPTION = 0x000002
_DEFAULT_DURATION = 0x000008
_DEFAULT_FLAGS = 0x000020
_BASE_IS_MOOF = 0x020000

# §8.8.8.1, trun flags.
_DATA_OFFSET = 0x000001
_FIRST_SAMPLE_FLAGS = 0x000004
_SAMPLE_DURATION = 0x000100
_SAMPLE_SIZE = 0x000200
_SAMPLE_FLAGS = 0x000400

BOX_HEADER = 8
"""Bytes before the payload of an `mdat` below 4 GiB."""

CAPTURED = 24
"""prft flags (§8.16.5): the time is when the sample was captured."""
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP begins, to 1970 (RFC 5905 §6)."""


class Sample(msgspec.Struct, frozen=True):
    """One coded picture or audio frame, in the form its sample entry asks for."""

    data: bytes
    duration: int
    """Ticks of the track's timescale."""
    sync: bool
    """A decoder can start here; true for all audio."""


def chunk(
    *,
    sequence: int,
    decode_time: int,
    samples: Sequence[Sample],
    wall_ns: int,
    segment_start: bool,
) -> bytes:
    """The chunk that holds *samples*, of which there is at least one.

    *sequence* is for `mfhd`, *decode_time* the first sample's time in ticks, *wall_ns* when it was
    captured. A chunk with *segment_start* opens a segment, which B5 lets begin only with a sync
    sample.
    """
    if not samples:
        raise ValueError("a chunk has at least one sample")
    if segment_start and not samples[0].sync:
        raise ValueError("a segment begins with a sync sample")
    moof = _movie_fragment(sequence, decode_time, samples)
    return b"".join(
        (
            _segment_type() if segment_start else b"",
            _producer_reference_time(decode_time, wall_ns),
            moof,
            box(b"mdat", *(sample.data for sample in samples)),
        )
    )


def _segment_type() -> bytes:
    # B7: what begins here is at once a segment (cmfs), a fragment (cmff) and a chunk (cmfl).
    return box(b"styp", b"cmfs", u32(0), b"cmfscmffcmfl")


def _producer_reference_time(decode_time: int, wall_ns: int) -> bytes:
    seconds, rest = divmod(wall_ns, NANOSECOND)
    ntp = (seconds + NTP_EPOCH) % 2**32 << 32 | (rest << 32) // NANOSECOND
    return full_box(b"prft", 1, CAPTURED, u32(TRACK), u64(ntp, decode_time))


def _movie_fragment(sequence: int, decode_time: int, samples: Sequence[Sample]) -> bytes:
    # B4: the data offset counts from the first byte of `moof`, whose size does not depend on it.
    size = len(_moof(sequence, decode_time, samples, 0))
    return _moof(sequence, decode_time, samples, size + BOX_HEADER)


def _moof(sequence: int, decode_time: int, samples: Sequence[Sample], data_offset: int) -> bytes:
    # B3: one `traf`, in it one `tfdt` and one `trun`.
    return box(
        b"moof",
        full_box(b"mfhd", 0, 0, u32(sequence)),
        box(
            b"traf",
            _fragment_header(samples),
            full_box(b"tfdt", 1, 0, u64(decode_time)),
            _run(samples, data_offset),
        ),
    )


def _fragment_header(samples: Sequence[Sample]) -> bytes:
    flags = _BASE_IS_MOOF | _DESCRIPTION | _DEFAULT_DURATION | _DEFAULT_FLAGS
    last = samples[-1]
    return full_box(b"tfhd", 0, flags, u32(TRACK, 1, last.duration, _sample_flags(last)))


def _run(samples: Sequence[Sample], data_offset: int) -> bytes:
    """`trun` version 1 (B8): per sample its size, and what differs from the defaults in `tfhd`."""
    default = samples[-1]
    durations = any(sample.duration != default.duration for sample in samples)
    later_flags = any(sample.sync != default.sync for sample in samples[1:])
    first_flags = samples[0].sync != default.sync and not later_flags
    flags = _DATA_OFFSET | _SAMPLE_SIZE
    flags |= _SAMPLE_DURATION * durations | _SAMPLE_FLAGS * later_flags
    flags |= _FIRST_SAMPLE_FLAGS * first_flags
    head = [len(samples), data_offset] + [_sample_flags(samples[0])] * first_flags
    table: list[int] = []
    for sample in samples:
        table += [sample.duration] * durations
        table.append(len(sample.data))
        table += [_sample_flags(sample)] * later_flags
    return full_box(b"trun", 1, flags, u32(*head, *table))


def _sample_flags(sample: Sample) -> int:
    return SYNC if sample.sync else NOT_SYNC
