"""Laws of levelchat.rtc.frames."""

import pytest

from levelchat.media.codec import Codec
from levelchat.rtc.depacketize import depacketizer
from levelchat.rtc.frames import MAX_FRAME, Frame, FrameAssembler
from levelchat.rtc.rtp import RtpPacket

KEY = b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00key"
DELTA = b"\x10\x31\x02\x00delta"
MORE = b"\x00more"


def assembler(codec: Codec = Codec.VP8) -> FrameAssembler:
    return FrameAssembler(depacketizer(codec), needs_key_frames=codec is not Codec.OPUS)


def feed(frames: FrameAssembler, *packets: tuple[int, bytes, bool]) -> list[Frame]:
    """Packets of (timestamp, payload, marker)."""
    out: list[Frame] = []
    for timestamp, payload, marker in packets:
        frames.push(RtpPacket(96, marker, 0, timestamp, 1, payload, timestamp * 10), out)
    return out


def test_a_frame_comes_out_with_its_marker() -> None:
    """The packet that ends a frame completes it; nobody waits for the next."""
    frames = assembler()
    assert feed(frames, (1, KEY, False), (1, MORE, False)) == []

    assert feed(frames, (1, MORE, True)) == [
        Frame(1, 10, key=True, broken=False, data=KEY[1:] + b"moremore")
    ]


def test_a_lost_marker_is_made_up_for_by_the_next_timestamp() -> None:
    """Without a marker, the frame is complete when the next begins."""
    got = feed(assembler(), (1, KEY, False), (2, DELTA, False), (3, DELTA, True))

    assert [(frame.timestamp, frame.key) for frame in got] == [(1, True), (2, False), (3, False)]


@pytest.mark.parametrize("marker", [True, False])
@pytest.mark.parametrize("timestamp", [1, 2, 9])
def test_empty_payloads_change_nothing(timestamp: int, *, marker: bool) -> None:
    """Padding in the middle of a frame, with any timestamp and marker, belongs to none."""
    frames = assembler()
    got = feed(frames, (1, KEY, False), (timestamp, b"", marker), (1, MORE, True))

    assert [frame.data for frame in got] == [KEY[1:] + b"more"]
    assert not frames.wants_key_frame


def test_nothing_comes_before_a_key_frame() -> None:
    """A stream joined in the middle is dropped, and a key frame wanted, until one begins."""
    frames = assembler()
    assert feed(frames, (1, DELTA, True)) == []
    assert frames.wants_key_frame
    assert frames.dropped == 1
    got = feed(frames, (2, KEY, True), (3, DELTA, True))

    assert [frame.key for frame in got] == [True, False]
    assert not frames.wants_key_frame


def test_after_a_loss_the_next_key_frame_is_broken() -> None:
    """The damaged frame and all that refer to it are dropped; the key frame says so, once."""
    frames = assembler()
    feed(frames, (1, KEY, True), (2, DELTA, False))
    frames.lose()
    assert frames.wants_key_frame
    assert feed(frames, (2, MORE, True), (3, DELTA, True)) == []
    got = feed(frames, (4, KEY, True), (5, DELTA, True), (6, KEY, True))

    assert [(frame.timestamp, frame.broken) for frame in got] == [
        (4, True),
        (5, False),
        (6, False),
    ]
    assert frames.dropped == 2


def test_a_loss_between_frames_drops_no_beginning() -> None:
    """What was lost ended before the key frame: all of it is used."""
    frames = assembler()
    feed(frames, (1, KEY, True))
    frames.lose()

    assert len(feed(frames, (3, KEY, False), (3, MORE, True))) == 1


def test_a_key_frame_with_a_lost_beginning_is_not_taken() -> None:
    """Packets behind a hole do not make a frame, whatever they look like."""
    frames = assembler()
    frames.lose()
    assert feed(frames, (1, MORE, False), (1, MORE, True)) == []

    assert len(feed(frames, (2, KEY, True))) == 1


def test_a_loss_of_the_end_drops_the_frame_at_the_next_timestamp() -> None:
    """The next frame begins although the damaged one never ended."""
    frames = assembler()
    feed(frames, (1, KEY, False))
    frames.lose()
    got = feed(frames, (2, KEY, True))

    assert [frame.timestamp for frame in got] == [2]


def test_a_malformed_payload_is_a_loss() -> None:
    """What breaks its format costs its frame and asks for a key frame."""
    frames = assembler()
    got = feed(frames, (1, KEY, True), (2, b"\x90", False), (2, MORE, True), (3, DELTA, True))

    assert [frame.timestamp for frame in got] == [1]
    assert (frames.malformed, frames.dropped, frames.wants_key_frame) == (1, 2, True)


def test_a_frame_that_ends_malformed_is_a_loss() -> None:
    """So does a frame that turns out wrong at its end."""
    frames = assembler()
    assert feed(frames, (1, KEY[:4] + b"nonsense", True)) == []
    assert (frames.malformed, frames.dropped, frames.wants_key_frame) == (1, 1, True)

    assert len(feed(frames, (2, KEY, True))) == 1


def test_a_frame_without_end_is_bounded() -> None:
    """Packets of one timestamp that never end are given up at the limit."""
    frames = assembler()
    feed(frames, (1, KEY, False))
    chunk = b"\x00" + bytes(1 << 16)
    for _ in range(MAX_FRAME // len(chunk) + 2):
        feed(frames, (1, chunk, False))

    assert frames.malformed == 1
    assert frames._depacketizer.finish() is None
    assert len(feed(frames, (1, chunk, True), (2, KEY, True))) == 1


def test_sound_needs_no_key_frame() -> None:
    """Every packet of sound comes out, marker or not; the one behind a loss is broken."""
    frames = assembler(Codec.OPUS)
    first = feed(frames, (1, b"\xfc", True), (2, b"\xfc", False))
    frames.lose()
    second = feed(frames, (5, b"\xfc", False), (6, b"\xfc", False))

    assert [(frame.key, frame.broken) for frame in first] == [(True, False)] * 2
    assert [(frame.key, frame.broken) for frame in second] == [(True, True), (True, False)]
    assert not frames.wants_key_frame


def test_malformed_sound_costs_itself() -> None:
    """A packet that cannot be Opus is dropped, and the next is marked broken."""
    got = feed(assembler(Codec.OPUS), (1, b"\xfb", False), (2, b"\xfc", False))

    assert [(frame.timestamp, frame.broken) for frame in got] == [(2, True)]


def test_it_resumes_with_a_key_frame_only_while_it_waits() -> None:
    """A key frame makes what is missing before it useless, but only after a loss."""
    frames = assembler()
    key = RtpPacket(96, False, 0, 1, 1, KEY, 0)
    delta = RtpPacket(96, False, 0, 1, 1, DELTA, 0)
    empty = RtpPacket(96, False, 0, 1, 1, b"", 0)
    assert frames.resumes_with(key)
    assert not frames.resumes_with(delta)
    assert not frames.resumes_with(empty)
    feed(frames, (1, KEY, True))

    assert not frames.resumes_with(key)
