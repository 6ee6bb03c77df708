"""The laws of one video rendition on its thread."""

import io
import threading

import av
import pytest
from broadcast import SECOND, SMALL, START_NS, picture

from levelchat.media.program import Part
from packager.backlog import Backlog
from packager.ladder import Step
from packager.rendition import EncoderFailed, VideoRendition

STEP = Step("v90", 160, 90, 100_000)
ORIGIN = 51_000_000_000
NOW = START_NS


def _rendition(parts: list[Part], step: Step = STEP, *, patient: bool = True) -> VideoRendition:
    return VideoRendition(
        step, SMALL, origin=ORIGIN, start=ORIGIN, emit=parts.append, patient=patient
    )


def _show(rendition: VideoRendition, numbers: range, now_ns: int = NOW) -> None:
    for number in numbers:
        rendition.show(picture(160, 90, number, light=False), ORIGIN + number, now_ns)


def test_every_slot_is_in_a_part() -> None:
    """What is given is encoded, and fills the time line."""
    parts: list[Part] = []
    rendition = _rendition(parts)
    init = rendition.open().init
    _show(rendition, range(40))
    rendition.finish()

    assert [part.duration for part in parts] == [45_000, 45_000, 30_000]
    assert (rendition.left_out, rendition.progress.behind_ns) == (0, 0)
    with av.open(io.BytesIO(init + b"".join(part.data for part in parts))) as container:
        assert len(list(container.decode(video=0))) == 40


def test_late_frames_are_left_out_and_their_key_frame_made_up_for() -> None:
    """What waited too long fills its time as a gap; the next part is independent."""
    parts: list[Part] = []
    rendition = _rendition(parts, patient=False)
    rendition.backlog = Backlog(rendition.progress, (), 1)
    _show(rendition, range(20), NOW - SECOND)
    _show(rendition, range(20, 30))
    rendition.open()
    rendition.finish()

    assert [part.gap for part in parts] == [True, True]
    assert rendition.left_out == 30

    parts.clear()
    again = _rendition(parts, patient=False)
    again.backlog = Backlog(again.progress, (), 1)
    _show(again, range(15), NOW - SECOND)
    _show(again, range(15, 30))
    again.open()
    again.finish()
    assert [(part.gap, part.independent) for part in parts] == [(True, False), (False, True)]


def test_what_is_declared_comes_from_the_bitstream() -> None:
    """Profile and level are x264's, sizes and rates those of the step."""
    rendition = _rendition([])
    declared = rendition.open()
    rendition.finish()

    profile_and_level = bytes.fromhex(declared.codecs.removeprefix("avc1."))
    assert b"avcC\x01" + profile_and_level in declared.init
    assert (declared.width, declared.height, declared.frame_rate) == (160, 90, 30)
    assert (declared.timescale, declared.part_target) == (90_000, 45_000)


def test_a_failure_on_the_thread_reaches_the_giver() -> None:
    """A part that cannot be handed on ends the rendition, and the next call says so."""

    def refuse(_part: Part) -> None:
        raise OSError("no way out")

    rendition = VideoRendition(STEP, SMALL, origin=ORIGIN, start=ORIGIN, emit=refuse, patient=True)
    rendition.open()
    _show(rendition, range(15))

    with pytest.raises(EncoderFailed, match="no way out"):
        rendition.finish()


def test_a_hanging_encoder_is_noticed() -> None:
    """One frame that takes ten seconds is never taken by an encoder that lives."""
    release = threading.Event()
    rendition = VideoRendition(
        STEP,
        SMALL,
        origin=ORIGIN,
        start=ORIGIN,
        emit=lambda _part: release.wait(10) and None,
        patient=False,
    )
    rendition.open()
    rendition.backlog = Backlog(rendition.progress, (), 1)
    _show(rendition, range(15))
    while not rendition.progress.working_ns:
        release.wait(0.001)

    try:
        with pytest.raises(EncoderFailed, match="takes 10 s"):
            rendition.check(NOW + 11 * SECOND)
    finally:
        release.set()
    rendition.finish()
