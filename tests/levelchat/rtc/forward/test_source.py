"""One incoming stream."""

from forwardkit import IDS, L1T3, MILLISECOND, RTX_PT, VIDEO_PT, dependency, h264, packet
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.codec import Codec
from levelchat.rtc.forward.seams import SourceConfig
from levelchat.rtc.forward.source import Source
from levelchat.rtc.rtcp import SenderReport


def _source(codec: Codec = Codec.H264) -> Source:
    return Source(1, SourceConfig(codec, VIDEO_PT, RTX_PT, IDS, history=64))


def test_gaps_and_what_fills_them_are_known() -> None:
    """After each packet: what it passed over, or that it was passed over itself."""
    source = _source()
    seen = []
    for sequence in (65_534, 1, 65_535, 2, 65_533):
        source.accept(packet(sequence), 0)
        seen.append((source.gap, source.filled))

    assert seen == [
        (None, None),
        ((65_535, 2), None),
        (None, 65_535),
        (None, None),
        # Nobody missed what was before the first.
        (None, None),
    ]


def test_a_retransmission_needs_its_stream() -> None:
    """Before the first packet, or far from all that came, it repairs nothing."""
    source = _source()
    lost = packet(1, payload=(9).to_bytes(2, "big") + h264(9), payload_type=RTX_PT)
    assert source.accept(lost, 0, repair=True) is None
    source.accept(packet(20_000), 0)
    assert source.accept(lost, 0, repair=True) is None
    source.accept(packet(10), 0)
    repaired = source.accept(lost, 0, repair=True)
    assert repaired is not None
    assert repaired.payload == h264(9)


def test_a_new_stream_begins_anew() -> None:
    """Its history, its dependency structure and its report are gone; counts go on."""
    source = _source(Codec.AV1)
    elements = {IDS.dependency: dependency(0, 0, L1T3)}
    first = source.accept(packet(1, elements=elements), 0)
    source.on_report(SenderReport(1, 1 << 40, 5, 0, 0), 99)
    source.accept(packet(4), 0)
    former = source.history
    second = source.accept(
        packet(1, ssrc=77, elements={IDS.dependency: dependency(1, 1)}), MILLISECOND
    )

    assert first is not None
    assert first.frame is not None
    assert second is not None
    assert second.frame is None
    assert source.history is not former
    assert former.get(1) is None
    assert source.history.report is None
    stats = source.snapshot()
    assert (stats.packets, stats.restarts, stats.lost, stats.ssrc) == (3, 1, 2, 77)
    assert (stats.last_sender_report, stats.last_sender_report_ns) == (1 << 24, 99)


def test_jitter_is_that_of_the_rfc() -> None:
    """RFC 3550 §A.8: a sixteenth of each difference in transit."""
    source = _source()
    for index, late_ms in enumerate((0, 0, 16, 16)):
        arrival = (20 * index + late_ms) * MILLISECOND
        source.accept(packet(index, 1800 * index), arrival)

    # 16 ms are 1,440 ticks: 90 of them, less a sixteenth after a quiet packet.
    assert source.snapshot().jitter == 84


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_make_it_raise(data: bytes, repair: bool) -> None:  # noqa: FBT001 - from hypothesis
    """Whatever a publisher encrypts."""
    source = _source(Codec.VP9)
    source.accept(packet(1), 0)
    source.accept(data, 0, repair=repair)
    source.accept(b"\x90\x60" + data, 0, repair=repair)
    source.accept(packet(2, payload=data), 0)
