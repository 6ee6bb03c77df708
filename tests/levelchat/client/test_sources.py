"""Laws of what can be published."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, takewhile
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from av.video.frame import PictureType

from levelchat.client import sources
from levelchat.client.errors import MediaUnreadable
from levelchat.client.pattern import Pattern
from levelchat.client.sources import Moment, PatternSource
from levelchat.media import clockstrip
from levelchat.media.codec import Kind

SECOND = 1_000_000_000
MIDNIGHT = 1_700_006_400 * SECOND


def _file(path: Path, *, video: bool = True, audio: bool = True) -> Path:
    """One second: 25 pictures of 322 by 182 that grow brighter, a tone at 44.1 kHz."""
    with av.open(path, "w") as container:
        if video:
            picture = container.add_stream("mpeg4", rate=25)
            picture.width, picture.height, picture.pix_fmt = 322, 182, "yuv420p"
        if audio:
            sound = container.add_stream("aac", rate=44_100)
        for index in range(25 if video else 0):
            plane = np.full((273, 322), 30 + 8 * index, np.uint8)
            plane[182:] = 128
            container.mux(picture.encode(av.VideoFrame.from_ndarray(plane, "yuv420p")))
        for index in range(43 if audio else 0):
            tone = np.full((2, 1024), 0.5, np.float32)
            frame = av.AudioFrame.from_ndarray(tone, "fltp", "stereo")
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(sound.encode(frame))
        for stream in container.streams:
            container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _file(tmp_path_factory.mktemp("media") / "media.mp4")


def _of(kind: Kind, moments: Iterator[Moment]) -> list[Moment]:
    return [moment for moment in moments if moment.kind is kind]


def _until(seconds: int, moments: Iterator[Moment]) -> list[Moment]:
    return list(takewhile(lambda moment: moment.ready_ns <= seconds * SECOND, moments))


def test_moments_come_in_the_order_in_which_they_are_due() -> None:
    """Pictures and sound of the pattern are merged by the time at which each is whole."""
    moments = list(islice(PatternSource(Pattern(128, 72)).moments(), 400))

    assert all(one.ready_ns <= two.ready_ns for one, two in pairwise(moments))
    assert {moment.kind for moment in moments} == set(Kind)


def test_the_pattern_has_thirty_pictures_and_fifty_packets_a_second() -> None:
    """30 fps, and 20 ms of sound without a hole."""
    moments = _until(2, PatternSource(Pattern(128, 72)).moments())

    assert [m.captured_ns for m in _of(Kind.VIDEO, iter(moments))] == [
        number * SECOND // 30 for number in range(61)
    ]
    assert [m.captured_ns for m in _of(Kind.AUDIO, iter(moments))] == [
        number * SECOND // 50 for number in range(100)
    ]


def test_a_picture_is_rendered_for_its_capture_time() -> None:
    """What the strip says is given when the picture is due, not when it was planned."""
    moments = PatternSource(Pattern(320, 180)).moments()
    first = next(moment for moment in moments if moment.kind is Kind.VIDEO)
    picture = first.render(MIDNIGHT + 1_500_000_000)

    assert clockstrip.read(picture.to_ndarray()[:180]) == clockstrip.Stamp(1500, 0)


def test_sound_is_twenty_milliseconds_of_stereo() -> None:
    """A packet of sound has 960 samples of two equal channels at 48 kHz."""
    moments = PatternSource(Pattern(320, 180)).moments()
    first = next(moment for moment in moments if moment.kind is Kind.AUDIO)
    frame = first.render(MIDNIGHT)
    samples = frame.to_ndarray().reshape(-1, 2)

    assert (frame.samples, frame.sample_rate, frame.layout.name) == (960, 48_000, "stereo")
    assert samples.any()
    assert (samples[:, 0] == samples[:, 1]).all()


def test_a_file_is_given_in_its_own_time(media: Path) -> None:
    """Each picture of a file comes at its own time, and its sound without a hole."""
    source = sources.open_file(media, None, loop=False)
    moments = list(source.moments())
    sounds = [moment.captured_ns for moment in _of(Kind.AUDIO, iter(moments))]

    assert (source.rate, source.has_sound) == (25, True)
    assert [m.captured_ns for m in _of(Kind.VIDEO, iter(moments))] == [
        number * SECOND // 25 for number in range(25)
    ]
    assert all(abs(two - one - 20_000_000) <= 25_000 for one, two in pairwise(sounds))
    assert 45 <= len(sounds) <= 51
    assert all(one.ready_ns <= two.ready_ns for one, two in pairwise(moments))


def test_a_looped_file_begins_again_where_it_ends(media: Path) -> None:
    """The second round follows the first after the file's whole length."""
    source = sources.open_file(media, None, loop=True)
    pictures = _of(Kind.VIDEO, iter(_until(3, source.moments())))
    first, second = pictures[:25], pictures[25:50]

    assert all(
        two.captured_ns - one.captured_ns == source.duration_ns
        for one, two in zip(first, second, strict=True)
    )
    assert source.duration_ns >= SECOND


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (1280, 720)),
        ((640, 360), (640, 360)),
        ((323, 183), (322, 182)),
        ((1080, 1920), (404, 720)),
    ],
)
def test_a_picture_keeps_its_shape(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """A file's picture is scaled down to 720p at most, its shape kept and both edges even."""
    assert sources._fitting(*size, None) == expected


def test_another_size_can_be_asked_for(media: Path) -> None:
    """A picture is rendered in the size that was asked for."""
    source = sources.open_file(media, (160, 90), loop=False)
    (picture,) = islice((m for m in source.moments() if m.kind is Kind.VIDEO), 1)
    frame = picture.render(0)

    assert (frame.width, frame.height, frame.format.name) == (160, 90, "yuv420p")


@pytest.mark.parametrize(("video", "audio"), [(True, False), (False, True)])
def test_a_file_may_have_one_track_alone(tmp_path: Path, video: bool, audio: bool) -> None:  # noqa: FBT001 - test data
    """A file of pictures alone or of sound alone is published as such."""
    source = sources.open_file(
        _file(tmp_path / "one.mp4", video=video, audio=audio), None, loop=False
    )

    assert (bool(source.width), source.has_sound) == (video, audio)
    assert {m.kind for m in source.moments()} == {Kind.VIDEO if video else Kind.AUDIO}


def test_a_picture_is_no_order_to_the_encoder(media: Path) -> None:
    """A file's key frames do not become the publisher's, whatever size is rendered."""
    for size in (None, (160, 90)):
        moments = sources.open_file(media, size, loop=False).moments()
        pictures = [m.render(0) for m in moments if m.kind is Kind.VIDEO]
        assert {picture.pict_type for picture in pictures} == {PictureType.NONE}


def test_a_cover_is_no_picture(tmp_path: Path) -> None:
    """Of a music file with a cover, the music is published."""
    path = tmp_path / "music.mp4"
    with av.open(path, "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=48_000)
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        container.mux(cover.encode(frame))
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), "fltp", "stereo")
        silence.sample_rate = 48_000
        container.mux(sound.encode(silence))
        for stream in container.streams:
            container.mux(stream.encode(None))
    source = sources.open_file(path, None, loop=False)

    assert (source.width, source.has_sound) == (0, True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "there is no file"), (b"", "cannot be read"), (b"text", "cannot be read")],
)
def test_what_is_no_media_file_is_named(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    """A missing, empty or foreign file is refused in one sentence with its name."""
    path = tmp_path / "media.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MediaUnreadable, match=sentence) as raised:
        sources.open_file(path, None, loop=False)
    assert str(path) in raised.value.detail


def test_a_file_of_no_known_length_is_not_looped(tmp_path: Path) -> None:
    """Without a length there is no knowing where the second round begins."""
    path = tmp_path / "raw.h264"
    with av.open(path, "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(MediaUnreadable, match="cannot be looped"):
        sources.open_file(path, None, loop=True)
