"""The laws of the way from encoded frames to parts, on real codecs."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np
import pytest
from broadcast import (
    AV,
    SECOND,
    SMALL,
    START_NS,
    decoded,
    flashes,
    merged,
    moved,
    parts,
    programs,
    sound,
    video,
)

from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program
from levelchat.media.time import AUDIO_RATE, NANOSECOND, VIDEO_RATE
from levelchat.media.wire import Dropped, FromProcess, KeyFrameWanted, RenditionAdded
from packager.pipeline import Pipeline
from packager.settings import PackagerSettings

PICTURE = (TrackInfo(Codec.H264),)
SOUND = (TrackInfo(Codec.OPUS),)
ARRIVAL_NS = 50_000_000
TICK_NS = SECOND // 30


class Studio:
    """A patient pipeline whose clock runs with its frames."""

    def __init__(self, settings: PackagerSettings = SMALL) -> None:
        self.messages: list[FromProcess] = []
        self.pipeline = Pipeline(settings, self.messages.append, patient=True)
        self.now_ns = self._next_tick_ns = START_NS

    def play(self, frames: Iterable[EncodedFrame]) -> None:
        """Each frame arrives 50 ms after its capture."""
        for frame in frames:
            self.wait(frame.wall_ns + ARRIVAL_NS)
            self.pipeline.push(frame, self.now_ns)

    def wait(self, until_ns: int) -> None:
        """Time passes with its ticks."""
        while self._next_tick_ns <= until_ns:
            self.now_ns = max(self.now_ns, self._next_tick_ns)
            self.pipeline.tick(self.now_ns)
            self._next_tick_ns += TICK_NS
        self.now_ns = max(self.now_ns, until_ns)

    def sleep(self, duration_ns: int) -> None:
        """Time passes without a tick."""
        self.now_ns += duration_ns
        self._next_tick_ns = self.now_ns

    def finish(self) -> list[FromProcess]:
        self.pipeline.finish()
        return self.messages


def _package(tracks: Sequence[TrackInfo], *material: Iterable[EncodedFrame]) -> list[FromProcess]:
    studio = Studio()
    studio.pipeline.open(tuple(tracks))
    studio.play(merged(*material))
    return studio.finish()


def _follow(listed: Sequence[Part]) -> Iterator[bool]:
    """Whether each part begins where the one before ended."""
    for before, after in itertools.pairwise(listed):
        yield before.start + before.duration == after.start
        same = before.segment == after.segment
        yield after.segment == (before.segment if same else before.segment + 1)
        yield after.index == (before.index + 1 if same else 0)
        yield before.last is not same


def _check(messages: list[FromProcess], program: Program) -> None:
    for rendition in program.renditions:
        listed = parts(messages, rendition.name)
        assert listed[0].start == 0
        assert all(_follow(listed))
        for part in listed:
            # A3.2 MUST: DURATION is at most PART-TARGET. A3.3 MUST: at least 85 % of it, but for
            # independent parts and the last one of their parent.
            assert part.duration <= rendition.part_target
            long_enough = part.duration * 100 >= rendition.part_target * 85
            assert long_enough or part.independent or part.last
            seconds_ns = part.start * NANOSECOND // rendition.timescale
            assert abs(part.wall_ns - listed[0].wall_ns - seconds_ns) <= 12_000
        for _, group in itertools.groupby(listed, lambda part: part.segment):
            size = sum(len(part.data) for part in group)
            assert size * 8 <= rendition.bandwidth * SMALL.segment_seconds


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1])
def test_every_codec_becomes_aligned_renditions(codec: Codec) -> None:
    """Each input codec gives parts that follow each other, cut alike in all renditions."""
    tracks = (TrackInfo(codec), TrackInfo(Codec.OPUS))
    messages = _package(tracks, video(codec, 90), sound(150))
    (program,) = programs(messages)

    assert [r.name for r in program.renditions] == ["v180", "v90", "a128"]
    _check(messages, program)
    cuts = [
        [(part.segment, part.index, part.start, part.duration) for part in parts(messages, name)]
        for name in ("v180", "v90")
    ]
    assert cuts[0] == cuts[1]
    for rendition in program.renditions[:2]:
        frames = decoded(rendition, parts(messages, rendition.name))
        assert [frame.pts for frame in frames] == [n * 3000 for n in range(90)]
        assert (frames[0].width, frames[0].height) == (rendition.width, rendition.height)


def test_sound_and_picture_have_the_same_cuts_in_time() -> None:
    """An audio part begins at the first AAC frame of its half second: at most 21.3 ms late."""
    messages = _package(AV, video(), sound())
    pictures = {(part.segment, part.index): part.wall_ns for part in parts(messages, "v180")}
    sounds = {(part.segment, part.index): part.wall_ns for part in parts(messages, "a128")}

    assert pictures.keys() == sounds.keys()
    assert all(0 <= sounds[key] - pictures[key] < 21_334_000 for key in pictures)


def test_key_frames_stand_on_the_wall_clock_grid() -> None:
    """Every whole second of the wall clock begins with a key frame, and nothing else does."""
    messages = _package(PICTURE, video())
    (program,) = programs(messages)
    frames = decoded(program.renditions[0], parts(messages, "v180"))
    first = START_NS * 30 // SECOND
    keys = [first + number for number, frame in enumerate(frames) if frame.key_frame]

    assert keys[0] == first
    assert len(keys) == 4
    assert all(key % 30 == 0 for key in keys[1:])
    independent = [part.wall_ns for part in parts(messages, "v180") if part.independent]
    assert [wall_ns * 30 // SECOND for wall_ns in independent] == keys


def test_one_segment_is_readable_alone() -> None:
    """A segment, its parts behind each other, decodes with the header and nothing else."""
    messages = _package(PICTURE, video())
    (program,) = programs(messages)
    listed = parts(messages, "v90")
    whole = [part for part in listed if part.segment == listed[0].segment + 1]

    frames = decoded(program.renditions[1], whole)
    assert len(frames) == sum(part.duration for part in whole) // 3000
    assert frames[0].pts == whole[0].start


def test_a_flash_and_its_beep_stay_together() -> None:
    """Light and tone of one capture time come out within 40 ms, from the first one on."""
    messages = _package(AV, video(), sound())
    (program,) = programs(messages)
    pictures = decoded(program.renditions[0], parts(messages, "v180"))
    light = [np.asarray(f.to_ndarray()[10, 10]) > 128 for f in pictures]
    lit_ns = [n * SECOND // 30 for n, on in enumerate(light) if on and not light[n - 1]]
    blocks = decoded(program.renditions[2], parts(messages, "a128"))
    level = np.abs(np.concatenate([block.to_ndarray()[0] for block in blocks]))
    loud = level[: len(level) // 48 * 48].reshape(-1, 48).max(axis=1) > 0.1
    heard_ns = [
        ms * 1_000_000 for ms in np.flatnonzero(loud) if not loud[max(0, ms - 50) : ms].any()
    ]

    assert len(lit_ns) == len(heard_ns) == 3
    for lit, heard in zip(lit_ns, heard_ns, strict=True):
        assert flashes(START_NS + lit + 1_000_000)
        assert abs(lit - heard) <= 40_000_000


def test_sound_alone_is_a_program() -> None:
    """A publisher without a picture is packaged at once."""
    messages = _package(SOUND, sound())
    (program,) = programs(messages)

    assert [rendition.name for rendition in program.renditions] == ["a128"]
    _check(messages, program)
    total = sum(part.duration for part in parts(messages, "a128"))
    assert abs(total - 3 * AUDIO_RATE) <= 2048


def test_a_picture_alone_has_no_sound() -> None:
    """A publisher that announces no sound gets no audio rendition."""
    (program,) = programs(_package(PICTURE, video()))

    assert [rendition.name for rendition in program.renditions] == ["v180", "v90"]


def test_muted_sound_is_silence_from_the_start() -> None:
    """Sound that was announced and never comes is silent, as long as the picture."""
    messages = _package(AV, video())
    (program,) = programs(messages)
    total = sum(part.duration for part in parts(messages, "a128"))
    blocks = decoded(program.renditions[2], parts(messages, "a128"))

    _check(messages, program)
    assert abs(total - 3 * AUDIO_RATE) <= 1024
    assert max(float(np.abs(block.to_ndarray()).max()) for block in blocks) < 0.001


def test_sound_before_the_first_picture_waits_for_it() -> None:
    """Picture and sound begin at the same instant, one program from the start."""
    messages = _package(AV, video(start_ns=START_NS + SECOND), sound(200))
    (program,) = programs(messages)

    assert len(program.renditions) == 3
    assert parts(messages, "a128")[0].wall_ns == parts(messages, "v180")[0].wall_ns


def test_a_picture_that_never_comes_is_not_waited_for_forever() -> None:
    """After the wait, sound alone begins; the picture, once there, begins a new program."""
    late_ns = START_NS + 4 * SECOND
    messages = _package(AV, video(start_ns=late_ns), sound(350))
    first, second = programs(messages)

    assert [rendition.name for rendition in first.renditions] == ["a128"]
    assert [rendition.name for rendition in second.renditions] == ["v180", "v90", "a128"]
    assert first.session != second.session


def test_a_key_frame_is_asked_for_until_it_comes() -> None:
    """Frames that cannot be decoded wish for a key frame, twice a second and no more."""
    messages = _package(PICTURE, video(count=100, gop=60)[1:])
    wishes = [message for message in messages if isinstance(message, KeyFrameWanted)]

    assert len(wishes) == 4
    assert len(parts(messages, "v180")) >= 2


def test_a_stalled_publisher_shows_its_last_picture() -> None:
    """Parts keep coming in time while nothing arrives, and the time line has no hole."""
    studio = Studio()
    studio.pipeline.open(AV)
    studio.play(merged(video(count=30), sound(50)))
    studio.wait(START_NS + 5 * SECOND)
    listed = parts(studio.messages, "v180")
    end_ns = listed[-1].wall_ns + listed[-1].duration * NANOSECOND // VIDEO_RATE
    messages = studio.finish()

    assert studio.now_ns - end_ns <= (SMALL.max_lateness_ms + 600) * 1_000_000
    _check(messages, programs(messages)[0])
    frames = decoded(programs(messages)[0].renditions[0], parts(messages, "v180"))
    last, before = (np.asarray(frames[at].to_ndarray(), int) for at in (-1, -60))
    assert np.abs(last - before).mean() < 2


def test_a_publisher_that_comes_back_continues_the_program() -> None:
    """Within the linger time there is one program, one time line, and the same encoders."""
    studio = Studio()
    studio.pipeline.open(AV)
    studio.play(merged(video(count=45), sound(75)))
    studio.pipeline.close()
    studio.wait(START_NS + 4 * SECOND)
    again = (TrackInfo(Codec.VP8), TrackInfo(Codec.OPUS))
    studio.pipeline.open(again)
    studio.play(moved(merged(video(Codec.VP8, 60), sound(100)), 4 * SECOND))
    messages = studio.finish()
    (program,) = programs(messages)

    _check(messages, program)
    frames = decoded(program.renditions[0], parts(messages, "v180"))
    assert len(frames) in range(178, 182)


def test_a_publisher_with_more_tracks_begins_a_new_program() -> None:
    """Sound that joins a picture alone cannot join its program."""
    studio = Studio()
    studio.pipeline.open(PICTURE)
    studio.play(video(count=30))
    studio.pipeline.open(AV)
    studio.play(moved(merged(video(), sound()), SECOND))
    first, second = programs(studio.finish())

    assert len(first.renditions) == 2
    assert len(second.renditions) == 3


def test_a_source_that_grows_gets_a_rendition() -> None:
    """After 3 s a larger rung joins at a segment's begin; the others go on unchanged."""
    small = video(count=30, size=(160, 90))
    large = moved(video(count=240), SECOND)
    messages = _package(PICTURE, small, large)
    (program,) = programs(messages)
    (added,) = [m.rendition for m in messages if isinstance(m, RenditionAdded)]
    joined, running = parts(messages, "v180"), parts(messages, "v90")

    assert [rendition.name for rendition in program.renditions] == ["v90"]
    assert added.name == "v180"
    assert (joined[0].index, joined[0].independent) == (0, True)
    assert joined[0].wall_ns % (2 * SECOND) == 0
    assert joined[0].wall_ns >= START_NS + 4 * SECOND
    assert all(_follow(joined)) and all(_follow(running))  # noqa: PT018 - one law
    same = [part for part in running if part.wall_ns >= joined[0].wall_ns]
    assert [(p.segment, p.index, p.start) for p in joined] == [
        (p.segment, p.index, p.start) for p in same
    ]
    assert len(decoded(added, joined)) == sum(part.duration for part in joined) // 3000


def test_a_source_that_changes_size_changes_no_rendition() -> None:
    """Chrome's smaller and other pictures are scaled to what was declared."""
    other = moved(video(count=30, size=(240, 180)), SECOND)
    small = moved(video(count=30, size=(160, 90)), 2 * SECOND)
    messages = _package(PICTURE, video(count=30), other, small)
    (program,) = programs(messages)

    _check(messages, program)
    frames = decoded(program.renditions[0], parts(messages, "v180"))
    assert {(frame.width, frame.height) for frame in frames} == {(320, 180)}
    assert len(frames) == 90


def test_sound_that_is_damaged_or_unannounced_is_counted() -> None:
    """What is left out is said, and disturbs nothing else."""
    broken = [msgspec.structs.replace(f, data=b"\xff\xff") for f in sound(100)]
    studio = Studio()
    studio.pipeline.open(PICTURE)
    studio.play(merged(video(count=60), sound(50)))
    studio.pipeline.open(AV)
    studio.play(moved(merged(video(count=60), broken), 2 * SECOND))
    reasons = {m.reason for m in studio.finish() if isinstance(m, Dropped)}

    assert reasons == {"audio was not announced", "damaged sound"}


def test_a_process_that_slept_begins_a_new_program() -> None:
    """Ten seconds that nobody filled end the program; the next picture begins another."""
    studio = Studio()
    studio.pipeline.open(PICTURE)
    studio.play(video(count=30))
    studio.sleep(60 * SECOND)
    studio.play(moved(video(count=30), 61 * SECOND))
    first, second = programs(studio.finish())

    assert first.session != second.session
    assert [rendition.name for rendition in first.renditions] == [
        rendition.name for rendition in second.renditions
    ]


def test_a_frame_that_is_skipped_waits_for_a_key_frame() -> None:
    """What the decoder had no time for is counted, and a key frame is asked for."""
    studio = Studio()
    studio.pipeline.open(PICTURE)
    frames = video(count=90)
    studio.play(frames[:10])
    studio.pipeline.skip(frames[10], studio.now_ns)
    studio.play(frames[11:])
    messages = studio.finish()

    assert KeyFrameWanted() in messages
    assert Dropped("", 1, "decoder behind") in messages
    assert len(decoded(programs(messages)[0].renditions[0], parts(messages, "v180"))) == 90


def test_a_publisher_that_never_sends_costs_nothing() -> None:
    """No frame, no program, no thread."""
    studio = Studio()
    studio.pipeline.open(AV)
    studio.wait(START_NS + 10 * SECOND)

    assert studio.finish() == []
