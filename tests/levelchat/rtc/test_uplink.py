"""Laws of levelchat.rtc.uplink."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import rtcp
from levelchat.rtc.forward.seams import SourceStats
from levelchat.rtc.nack import MAX_ASKED
from levelchat.rtc.uplink import (
    GIVE_UP_NS,
    LOCAL_SSRC,
    MAX_KEY_FRAME_TRIES,
    MAX_MISSING,
    Uplink,
    UplinkConfig,
)

MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND
SSRC = 77


class Frames:
    """Counts key frames as a test says."""

    count = 0

    def __call__(self) -> int:
        return self.count


def _uplink(config: UplinkConfig | None = None, frames: Frames | None = None) -> Uplink:
    return Uplink(config or UplinkConfig(), frames or Frames(), SSRC)


def _asked(messages: list[bytes]) -> list[int]:
    """The sequence numbers of all NACKs in *messages*."""
    numbers = []
    for message in messages:
        assert struct.unpack_from("!II", message, 4) == (LOCAL_SSRC, SSRC)
        if message[1] != 205:
            continue
        for first, mask in struct.iter_unpack("!HH", message[12:]):
            numbers.append(first)
            numbers += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return numbers


def test_what_was_passed_over_is_asked_for_at_once() -> None:
    """A gap is asked for without delay, in one packet, across the wrap too."""
    uplink = _uplink()

    uplink.on_gap(65534, 4, 0)

    assert _asked(uplink.feedback(0)) == [65534, 65535, 0, 1]
    assert uplink.feedback(MILLISECOND) == []
    assert uplink.nacked == 4


def test_what_came_is_not_asked_for_again() -> None:
    """Only what is still missing is asked for a second time."""
    uplink = _uplink()
    uplink.on_gap(10, 3, 0)
    uplink.feedback(0)

    uplink.on_filled(11, 20 * MILLISECOND)

    assert _asked(uplink.feedback(150 * MILLISECOND)) == [10, 12]


def test_asking_ends() -> None:
    """Nothing is asked for more than `MAX_ASKED` times, or after `GIVE_UP_NS`."""
    uplink = _uplink()
    uplink.on_gap(10, 1, 0)

    times = sum(len(uplink.feedback(at * MILLISECOND)) for at in range(0, 5000, 20))

    assert 0 < times <= MAX_ASKED
    assert uplink.missing == 0
    uplink.on_gap(20, 1, 6 * SECOND)
    assert _asked(uplink.feedback(6 * SECOND + GIVE_UP_NS)) == [20]
    assert uplink.feedback(6 * SECOND + GIVE_UP_NS + 1) == []


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(1, 3000)), max_size=20))
def test_what_is_missing_is_bounded(gaps: list[tuple[int, int]]) -> None:
    """However much is passed over, `MAX_MISSING` numbers are kept at most, each 16 bits."""
    uplink = _uplink()

    for at, (first, count) in enumerate(gaps):
        uplink.on_gap(first, count, at)
        assert uplink.missing <= MAX_MISSING
        assert all(0 <= number < 65536 for number in _asked(uplink.feedback(at)))


def test_nothing_is_asked_of_a_sender_that_keeps_nothing() -> None:
    """Without NACK, PLI and FIR in the agreement none is sent."""
    uplink = _uplink(UplinkConfig(nack=False, pli=False))

    uplink.on_gap(10, 1, 0)
    uplink.request_key_frame()

    assert uplink.feedback(0) == []


def test_key_frames_are_asked_for_sparingly() -> None:
    """However often one is wished for, at most one request goes out in 500 ms, and none more
    once a key frame came.
    """
    frames = Frames()
    uplink = _uplink(frames=frames)
    sent = []

    for at in range(0, 1000, 20):
        uplink.request_key_frame()
        sent += uplink.feedback(at * MILLISECOND)

    assert sent == [rtcp.pli(LOCAL_SSRC, SSRC)] * 2
    frames.count = 1
    assert [uplink.feedback(at * MILLISECOND) for at in range(1000, 3000, 100)] == [[]] * 20


def test_a_key_frame_that_does_not_come_is_asked_for_again() -> None:
    """One wish is repeated a few times, and then given up."""
    uplink = _uplink()
    uplink.request_key_frame()

    sent = [message for at in range(0, 5000, 20) for message in uplink.feedback(at * MILLISECOND)]

    assert sent == [rtcp.pli(LOCAL_SSRC, SSRC)] * MAX_KEY_FRAME_TRIES


def test_full_intra_requests_where_nothing_else_was_agreed_on() -> None:
    """FIR is used only without PLI, and each has another number."""
    uplink = _uplink(UplinkConfig(pli=False, fir=True))
    uplink.request_key_frame()

    sent = [message for at in range(0, 1000, 20) for message in uplink.feedback(at * MILLISECOND)]

    assert sent == [rtcp.fir(LOCAL_SSRC, SSRC, 1), rtcp.fir(LOCAL_SSRC, SSRC, 2)]


def test_a_report_says_what_came_since_the_one_before() -> None:
    """Loss is of the interval, counts are of the whole; nothing came: no report."""
    uplink = _uplink()
    assert uplink.report_block(SourceStats(), 0) is None
    stats = SourceStats(
        packets=75, lost=25, highest_sequence=65636, jitter=9, ssrc=SSRC,
        last_sender_report=0x12345678, last_sender_report_ns=2 * SECOND,
    )  # fmt: skip

    block = uplink.report_block(stats, 2 * SECOND + SECOND // 2)

    assert block == rtcp.ReportBlock(SSRC, 64, 25, 65636, 9, 0x12345678, 1 << 15)
    assert uplink.report_block(stats, 3 * SECOND) is None
    later = SourceStats(packets=175, lost=20, highest_sequence=65736, ssrc=SSRC)
    block = uplink.report_block(later, 4 * SECOND)
    assert block == rtcp.ReportBlock(SSRC, 0, 20, 65736, 0, 0, 0)


def test_a_stream_that_begins_anew_is_not_asked_for_its_past() -> None:
    """After a restart nothing of before is missing, and requests name the new SSRC."""
    uplink = _uplink()
    uplink.on_gap(10, 5, 0)

    uplink.report_block(SourceStats(packets=1, ssrc=99, restarts=1), MILLISECOND)

    assert uplink.missing == 0
    assert uplink.ssrc == 99
