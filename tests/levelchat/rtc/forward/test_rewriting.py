"""An outlet's numbers."""

import itertools

from forwardkit import IDS, dependency, packet, vp8
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions
from levelchat.rtc.forward.history import History
from levelchat.rtc.forward.packets import Packet
from levelchat.rtc.forward.rewriting import Rewriter, patch, stamped


def _packet(history: History, sequence: int, payload: bytes = b"x", **rest: object) -> Packet:
    """In its history."""
    parsed = rtp.parse(packet(sequence, 10 * sequence, payload, **rest), 0)  # type: ignore[arg-type]
    made = Packet(parsed, extensions.read(parsed, IDS), Codec.VP8)
    number = history.number(sequence & 0xFFFF)
    assert number is not None
    made.sequence = number
    history.add(made)
    return made


def _begin(rewriter: Rewriter, history: History, sequence: int, ticks: int = 0) -> Packet:
    made = _packet(history, sequence)
    rewriter.sent(made, rewriter.begin(made, history, ticks))
    return made


FATES = st.lists(st.sampled_from(["sent", "left out", "lost"]), max_size=60)


@given(st.lists(FATES, min_size=1, max_size=4))
def test_numbers_have_no_gap_but_those_of_lost_packets(stretches: list[list[str]]) -> None:
    """Over any sources and left-out packets; and each number leads back to its packet."""
    rewriter = Rewriter()
    out: dict[int, tuple[Packet, History]] = {}
    lost = 0
    for start, fates in enumerate(stretches):
        history = History(128)
        first = _packet(history, 100 * start + 7)
        run = rewriter.begin(first, history, 5)
        out[rewriter.sent(first, run)] = first, history
        pending = 0
        for sequence, fate in enumerate(fates, 100 * start + 8):
            if fate == "lost":
                pending += 1
                continue
            here = _packet(history, sequence)
            assert rewriter.run is not None
            if fate == "sent":
                out[rewriter.sent(here, rewriter.run)] = here, history
                lost += pending
                pending = 0
            else:
                rewriter.leave_out(here)
    numbers = sorted(out)
    assert numbers[-1] - numbers[0] + 1 == len(numbers) + lost
    for number, (sent, history) in out.items():
        found = rewriter.original(number & 0xFFFF)
        assert found is not None
        assert found[0] is sent
        assert found[1].history is history
    for number in set(range(numbers[0], numbers[-1])) - set(out):
        assert rewriter.original(number & 0xFFFF) is None


def test_the_first_source_keeps_its_numbers() -> None:
    """F9."""
    rewriter, history = Rewriter(), History(16)
    first = _begin(rewriter, history, 65_535)
    assert rewriter.run is not None
    assert rewriter.highest & 0xFFFF == 65_535
    assert stamped(first.timestamp, rewriter.run) == first.timestamp


def test_timestamps_go_on_by_the_ticks() -> None:
    """F10: and by at least one."""
    rewriter = Rewriter()
    histories = [History(16) for _ in range(3)]
    stamps = []
    for history, sequence, ticks in zip(histories, (10, 500, 3), (0, 900, 0), strict=True):
        made = _begin(rewriter, history, sequence, ticks)
        assert rewriter.run is not None
        stamps.append(stamped(made.timestamp, rewriter.run))
    assert stamps == [100, 1000, 1001]


def test_a_late_packet_finds_its_run() -> None:
    """Also behind left-out packets; never one of the stretch before."""
    rewriter, history = Rewriter(), History(64)
    _begin(rewriter, history, 10)
    rewriter.leave_out(_packet(history, 12))
    late = rewriter.find(11)
    assert late is not None
    assert late.number + 11 == rewriter.highest + 1
    assert rewriter.find(9) is None
    other = History(64)
    _begin(rewriter, other, 20)
    assert rewriter.find(11) is None


def test_an_unused_number_is_nobodys() -> None:
    """A late packet that was left out is not sent again."""
    rewriter, history = Rewriter(), History(64)
    _begin(rewriter, history, 10)
    run = rewriter.run
    assert run is not None
    rewriter.sent(_packet(history, 12), run)
    rewriter.withhold(_packet(history, 11), run)
    assert rewriter.original(11) is None
    assert rewriter.original(12) is not None


def test_padding_takes_numbers() -> None:
    """What comes behind it goes on; nobody gets padding again."""
    rewriter, history = Rewriter(), History(64)
    _begin(rewriter, history, 10)
    first = [rewriter.pad(3), rewriter.pad(2)]
    after = _packet(history, 11)
    assert rewriter.run is not None
    number = rewriter.sent(after, rewriter.run)

    assert [value & 0xFFFF for value in (*first, number)] == [11, 14, 16]
    assert [rewriter.original(value) is None for value in range(11, 16)] == [True] * 5
    found = rewriter.original(16)
    assert found is not None
    assert found[0] is after


def test_old_runs_are_forgotten() -> None:
    """A stream that leaves every other packet out for ever keeps a bounded number of runs."""
    rewriter, history = Rewriter(), History(1024)
    _begin(rewriter, history, 0)
    for sequence in range(1, 20_000, 2):
        rewriter.leave_out(_packet(history, sequence))
        assert rewriter.run is not None
        rewriter.sent(_packet(history, sequence + 1), rewriter.run)

    assert len(rewriter._runs) < 600


def _patched(made: Packet, run: object, payload_at: int = 0, frame_at: int = 0) -> bytes:
    buffer = bytearray(made.payload)
    patch(memoryview(buffer), made, run, payload_at, frame_at)  # type: ignore[arg-type]
    return bytes(buffer)


def test_pictures_are_counted_without_gaps() -> None:
    """A picture that is left out takes no picture id, however many packets it has."""
    rewriter, history = Rewriter(), History(64)
    numbers = itertools.count(1)

    def next_packet(picture: int) -> Packet:
        return _packet(history, next(numbers), vp8(1, picture=picture, tl0=1, temporal=0))

    first = next_packet(0x7FFE)
    rewriter.sent(first, rewriter.begin(first, history, 0))
    for _ in range(3):
        rewriter.leave_out(next_packet(0x7FFF))
    rewriter.leave_out(next_packet(0))
    last = next_packet(1)
    run = rewriter.run
    assert run is not None
    rewriter.sent(last, run)

    assert run.patches
    assert _patched(last, run) == vp8(1, picture=0x7FFF, tl0=1, temporal=0)


def test_frame_numbers_are_patched() -> None:
    """Where the header extension has them."""
    rewriter = Rewriter()
    for sequence, number in ((1, 65_535), (900, 40)):
        history = History(16)
        made = _packet(history, sequence, elements={IDS.dependency: dependency(0, number)})
        run = rewriter.begin(made, history, 1)
        rewriter.sent(made, run)
    made.payload = b"\xff" * 4

    assert _patched(made, run, frame_at=1) == b"\xff\0\0\xff"
