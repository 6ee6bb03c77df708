"""Laws of levelchat.rtc.depacketize.av1."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.depacketize.av1 import Av1Depacketizer
from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

Z, Y, N = 0x80, 0x40, 0x08
SEQUENCE = b"\x08" + b"sequence"
KEY_FRAME = b"\x30" + b"\x10" + b"tiles" * 40
DELTA_FRAME = b"\x30" + b"\x30" + b"tiles"
DELIMITER = b"\x10"
SIZED_SEQUENCE = b"\x0a\x08sequence"
SIZED_KEY_FRAME = b"\x32\xc9\x01\x10" + b"tiles" * 40
SIZED_DELTA_FRAME = b"\x32\x06\x30tiles"


def leb128(value: int) -> bytes:
    return bytes((value,)) if value < 128 else bytes((value & 127 | 128, value >> 7))


def payload(flags: int, *elements: bytes, counted: bool = True) -> bytes:
    """Elements behind an aggregation header, with W set or with each length written."""
    if not counted:
        return bytes((flags,)) + b"".join(leb128(len(e)) + e for e in elements)
    *sized, last = elements
    header = bytes((flags | len(elements) << 4,))
    return header + b"".join(leb128(len(e)) + e for e in sized) + last


def unit(*payloads: bytes) -> AccessUnit | None:
    depacketizer = Av1Depacketizer()
    for part in payloads:
        depacketizer.push(part)
    return depacketizer.finish()


@pytest.mark.parametrize("counted", [True, False])
def test_obus_get_their_size_fields(*, counted: bool) -> None:
    """Each OBU comes out with has_size_field set and its size, the delimiter left out."""
    assert unit(payload(N, DELIMITER, SEQUENCE, KEY_FRAME, counted=counted)) == AccessUnit(
        SIZED_SEQUENCE + SIZED_KEY_FRAME, key=True
    )


def test_size_fields_that_are_there_are_kept_right() -> None:
    """A sender that left has_size_field set gives the same result."""
    assert unit(payload(N, SIZED_SEQUENCE, SIZED_KEY_FRAME)) == AccessUnit(
        SIZED_SEQUENCE + SIZED_KEY_FRAME, key=True
    )


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("cuts", [(1,), (2,), (50,), (1, 2, 100), (120, 121)])
def test_fragments_are_joined(cuts: tuple[int, ...], *, counted: bool) -> None:
    """An OBU over several packets, cut anywhere, even within its header, comes out whole."""
    edges = [0, *cuts, len(KEY_FRAME)]
    parts = [KEY_FRAME[a:b] for a, b in itertools.pairwise(edges)]
    payloads = [payload(N | Y, SEQUENCE, parts[0], counted=counted)]
    payloads += [payload(Z | Y, part, counted=counted) for part in parts[1:-1]]
    payloads.append(payload(Z, parts[-1], counted=counted))

    assert unit(*payloads) == AccessUnit(SIZED_SEQUENCE + SIZED_KEY_FRAME, key=True)


def test_a_fragment_can_end_beside_a_new_obu() -> None:
    """Z and Y on one packet: its first element ends one OBU, its last begins another."""
    assert unit(
        payload(N | Y, SEQUENCE[:4]),
        payload(Z | Y, SEQUENCE[4:], KEY_FRAME[:9]),
        payload(Z, KEY_FRAME[9:]),
    ) == AccessUnit(SIZED_SEQUENCE + SIZED_KEY_FRAME, key=True)


def test_the_extension_byte_stays() -> None:
    """Temporal and spatial layer identifiers stand between header and size."""
    assert unit(payload(0, b"\x34\x28" + DELTA_FRAME[1:])) == AccessUnit(
        b"\x36\x28\x06" + DELTA_FRAME[1:], key=False
    )


@pytest.mark.parametrize(
    ("elements", "key"),
    [
        ((SEQUENCE, KEY_FRAME), True),
        ((SEQUENCE, b"\x18\x10"), True),  # a frame header OBU
        ((KEY_FRAME,), False),  # no sequence header to decode it with
        ((SEQUENCE, DELTA_FRAME), False),
        ((SEQUENCE, b"\x30\x00"), False),  # a key frame that is not shown
        ((SEQUENCE, b"\x30\x90"), False),  # shows an existing frame
        ((SEQUENCE, b"\x30"), False),  # empty
        ((SEQUENCE, DELTA_FRAME, KEY_FRAME), False),  # the first frame decides
    ],
)
def test_a_key_frame_is_shown_and_has_its_sequence_header(
    elements: tuple[bytes, ...], *, key: bool
) -> None:
    """AV1 §7.5: a random access point is a shown key frame behind a sequence header."""
    made = unit(payload(0, *elements, counted=False))

    assert made is not None
    assert made.key is key


def test_each_key_frame_needs_its_own_sequence_header() -> None:
    """One from an earlier temporal unit does not count."""
    depacketizer = Av1Depacketizer()
    depacketizer.push(payload(N, SEQUENCE, KEY_FRAME))
    depacketizer.finish()
    depacketizer.push(payload(0, KEY_FRAME))

    assert depacketizer.finish() == AccessUnit(SIZED_KEY_FRAME, key=False)


@pytest.mark.parametrize("element", [DELIMITER, b"\x40tiles", b"\x78\x00\x00", b"\x08seq", b""])
def test_what_is_no_picture_is_not_a_frame(element: bytes) -> None:
    """Delimiters, tile lists, padding, a sequence header alone, nothing: no access unit."""
    assert unit(payload(0, element, counted=False)) is None


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x10"],  # no element
        [payload(Z, b"rest")],  # the beginning is missing
        [payload(Y, b"\x30")],  # the end is missing
        [payload(Y, b"\x30"), payload(0, DELTA_FRAME)],
        [b"\x00\x05\x30"],  # an element longer than the packet
        [b"\x20\x05\x30"],
        [b"\x30\x01\x30\x01\x30"],  # fewer elements than W says
        [b"\x00" + b"\x80" * 9],  # a length without end
        [payload(0, b"\x80")],  # the forbidden bit
        [payload(0, b"\x04")],  # no extension byte
        [payload(0, b"\x32\x05\x10")],  # a size longer than the element
    ],
)
def test_what_breaks_the_rules_is_malformed(payloads: list[bytes]) -> None:
    """Fragments without their other half, and lengths that do not fit."""
    with pytest.raises(MalformedPayload):
        unit(*payloads)


@pytest.mark.parametrize(
    ("first", "answer"), [(N | 0x10, True), (0x10, False), (N | Z | 0x10, False)]
)
def test_the_n_bit_says_where_to_resume(first: int, *, answer: bool) -> None:
    """§4.4: N marks the first packet of a coded video sequence; with Z it is a contradiction."""
    assert Av1Depacketizer().starts_key_frame(bytes((first,)) + SEQUENCE) is answer


def test_a_frame_can_be_dropped() -> None:
    """After `reset` the next unit begins as the first did."""
    depacketizer = Av1Depacketizer()
    depacketizer.push(payload(N | Y, SEQUENCE, KEY_FRAME))
    depacketizer.reset()
    assert depacketizer.finish() is None
    depacketizer.push(payload(0, DELTA_FRAME))

    assert depacketizer.finish() == AccessUnit(SIZED_DELTA_FRAME, key=False)


@given(st.lists(st.binary(min_size=1, max_size=16), max_size=5))
def test_garbage_is_a_frame_or_malformed(payloads: list[bytes]) -> None:
    """No payloads raise anything else."""
    try:
        unit(*payloads)
    except MalformedPayload:
        return
