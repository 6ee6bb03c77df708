"""Laws of levelchat.rtc.depacketize.h264."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.depacketize.h264 import H264Depacketizer
from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

SPS = bytes.fromhex("6742c01f8c8d40501e900f08846a")
OTHER_SPS = bytes.fromhex("6742c00b8c8d40501e900f08846a")
PPS = bytes.fromhex("68ce3c80")
IDR = b"\x65\x88slice"
SECOND_SLICE = b"\x65\x48slice"
DELTA = b"\x41\x9aslice"
SEI = b"\x06\x05sei"
DELIMITER = b"\x09\xf0"
FILLER = b"\x0c\xff\xff"


def annex_b(*nals: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


def stap_a(*nals: bytes) -> bytes:
    return b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def fu_a(nal: bytes, size: int) -> list[bytes]:
    body = nal[1:]
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return [
        bytes(
            (
                nal[0] & 0xE0 | 28,
                nal[0] & 0x1F | (0x80 if not i else 0) | (0x40 if i == len(parts) - 1 else 0),
            )
        )
        + part
        for i, part in enumerate(parts)
    ]


def unit(depacketizer: H264Depacketizer, *payloads: bytes) -> AccessUnit | None:
    for payload in payloads:
        depacketizer.push(payload)
    return depacketizer.finish()


def test_single_units_become_annex_b() -> None:
    """§5.6: each NAL unit comes out behind a start code."""
    assert unit(H264Depacketizer(), SPS, PPS, SEI, IDR) == AccessUnit(
        annex_b(SPS, PPS, SEI, IDR), key=True
    )


def test_aggregates_are_taken_apart() -> None:
    """§5.7.1: a STAP-A gives each of its NAL units."""
    assert unit(H264Depacketizer(), stap_a(SPS, PPS, IDR)) == AccessUnit(
        annex_b(SPS, PPS, IDR), key=True
    )


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_fragments_are_joined(size: int) -> None:
    """§5.8: fragments of any size give the NAL unit with its own header back."""
    assert unit(H264Depacketizer(), SPS, PPS, *fu_a(IDR, size)) == AccessUnit(
        annex_b(SPS, PPS, IDR), key=True
    )


def test_parameter_sets_sent_once_stand_before_every_key_frame() -> None:
    """§8.4: a sender may send them once; each IDR comes out with them, other frames without."""
    depacketizer = H264Depacketizer()
    assert unit(depacketizer, SPS, PPS) is None
    assert unit(depacketizer, IDR) == AccessUnit(annex_b(SPS, PPS, IDR), key=True)
    assert unit(depacketizer, DELTA) == AccessUnit(annex_b(DELTA), key=False)
    assert unit(depacketizer, IDR, SECOND_SLICE) == AccessUnit(
        annex_b(SPS, PPS, IDR, SECOND_SLICE), key=True
    )


def test_a_new_resolution_replaces_the_old_one() -> None:
    """A parameter set with the same identifier takes the place of the one before."""
    depacketizer = H264Depacketizer()
    unit(depacketizer, SPS, PPS, IDR)

    assert unit(depacketizer, OTHER_SPS, PPS, IDR) == AccessUnit(
        annex_b(OTHER_SPS, PPS, IDR), key=True
    )


def test_parameter_sets_between_key_frames_stay_where_they_came() -> None:
    """A picture parameter set sent with a delta frame comes out before it."""
    depacketizer = H264Depacketizer()
    unit(depacketizer, SPS, PPS, IDR)

    assert unit(depacketizer, PPS, DELTA) == AccessUnit(annex_b(PPS, DELTA), key=False)


def test_a_key_frame_without_parameter_sets_is_none() -> None:
    """A decoder cannot start at an IDR whose parameter sets never came."""
    assert unit(H264Depacketizer(), IDR) == AccessUnit(annex_b(IDR), key=False)
    assert unit(H264Depacketizer(), SPS, IDR) == AccessUnit(annex_b(SPS, IDR), key=False)


def test_after_a_loss_stale_parameter_sets_are_not_trusted() -> None:
    """A sender that repeats them, and now seems not to, lost them on the way: not a key frame."""
    depacketizer = H264Depacketizer()
    unit(depacketizer, SPS, PPS, IDR)
    depacketizer.reset()
    lost = unit(depacketizer, IDR)
    again = unit(depacketizer, OTHER_SPS, PPS, IDR)

    assert lost is not None
    assert not lost.key
    assert again == AccessUnit(annex_b(OTHER_SPS, PPS, IDR), key=True)


def test_after_a_loss_a_sender_that_never_repeats_is_trusted() -> None:
    """Parameter sets sent once serve key frames after a loss as well."""
    depacketizer = H264Depacketizer()
    unit(depacketizer, SPS, PPS)
    unit(depacketizer, IDR)
    depacketizer.reset()

    assert unit(depacketizer, IDR) == AccessUnit(annex_b(SPS, PPS, IDR), key=True)


def test_without_a_loss_a_sender_may_stop_repeating() -> None:
    """Once it has resumed, key frames without parameter sets of their own are whole again."""
    depacketizer = H264Depacketizer()
    depacketizer.reset()
    unit(depacketizer, SPS, PPS, IDR)

    assert unit(depacketizer, IDR) == AccessUnit(annex_b(SPS, PPS, IDR), key=True)


def test_delimiters_and_filler_are_left_out() -> None:
    """What carries nothing is dropped, so that parameter sets may stand first."""
    assert unit(H264Depacketizer(), DELIMITER, SPS, PPS, IDR, FILLER) == AccessUnit(
        annex_b(SPS, PPS, IDR), key=True
    )


@pytest.mark.parametrize("kind", [0, 30, 31])
def test_undefined_types_are_ignored(kind: int) -> None:
    """§5.2: undefined types neither end up in a frame nor break it."""
    depacketizer = H264Depacketizer()
    depacketizer.push(DELTA)
    if kind:
        depacketizer.push(bytes((kind,)) + b"x")

    assert depacketizer.finish() == AccessUnit(annex_b(DELTA), key=False)


@pytest.mark.parametrize(
    "payloads",
    [
        [fu_a(IDR, 2)[1]],
        fu_a(IDR, 2)[:-1],
        [fu_a(IDR, 2)[0], DELTA],
        [fu_a(IDR, 2)[0], fu_a(IDR, 2)[0]],
        [b"\x7c\x85"],
        [b"\x7c"],
        [b"\x78\x00\x09short"],
        [b"\x78\x00\x00"],
        [b"\x78\x01"],
        [b"\x79\x00\x00\x00\x01x"],
        [SECOND_SLICE],
        [b"\x67"],
        [SPS[:4] + b"\x00\x00\x00"],
        [b"\x68" + b"\xff" * 5000],
    ],
)
def test_what_breaks_the_rules_is_malformed(payloads: list[bytes]) -> None:
    """Fragments without their other half, sizes that do not fit, a picture without its start."""
    with pytest.raises(MalformedPayload):
        unit(H264Depacketizer(), *payloads)


@pytest.mark.parametrize(
    ("payload", "answer"),
    [(SPS, True), (stap_a(SPS, PPS), True), (IDR, False), (DELTA, False), (b"\x78\0", False)],
)
def test_a_sequence_parameter_set_is_where_to_resume(payload: bytes, *, answer: bool) -> None:
    """An IDR alone may lack what it refers to; a parameter set begins a whole key frame."""
    assert H264Depacketizer().starts_key_frame(payload) is answer


@pytest.mark.parametrize(("bits", "identifier"), [("1", 0), ("010", 1), ("011", 2), ("00110", 5)])
def test_parameter_sets_are_told_apart_by_identifier(bits: str, identifier: int) -> None:
    """Two picture parameter sets with different ue(v) identifiers are both kept."""
    depacketizer = H264Depacketizer()
    pps = b"\x68" + int(bits.ljust(16, "1"), 2).to_bytes(2, "big")
    unit(depacketizer, SPS, pps, IDR)

    assert set(depacketizer._parameter_sets) == {(7, 0), (8, identifier)}


@given(st.lists(st.binary(min_size=1, max_size=16), max_size=6))
def test_garbage_is_a_frame_or_malformed(payloads: list[bytes]) -> None:
    """No payloads raise anything else."""
    depacketizer = H264Depacketizer()
    try:
        for payload in payloads:
            depacketizer.starts_key_frame(payload)
        unit(depacketizer, *payloads)
    except MalformedPayload:
        return
