"""Laws of choosing what to play."""

import pytest
from lowlatency import MULTIVARIANT, Broadcast

from levelchat.client.errors import NotPlayable
from levelchat.client.rules.reading import read
from levelchat.client.selection import name, select

URL = "http://host/live/r/index.m3u8"


@pytest.mark.parametrize(
    ("rendition", "playing"), [(None, ["v360", "a128"]), ("v240", ["v240", "a128"])]
)
def test_a_variant_brings_its_audio(rendition: str | None, playing: list[str]) -> None:
    """The named variant, else the first, and the audio of its group."""
    selected = select(read(MULTIVARIANT, URL), rendition)

    assert list(selected.playing) == playing
    assert selected.offered == ("a128", "v240", "v360")


def test_the_default_audio_rendition_is_played() -> None:
    """Of several the one with DEFAULT=YES."""
    line = MULTIVARIANT.split("\n")[3]
    other = line.replace("DEFAULT=YES", "DEFAULT=NO").replace("a128", "fr").replace("Sound", "Son")
    text = MULTIVARIANT.replace(line, f"{other}\n{line}")

    assert list(select(read(text, URL), None).playing) == ["v360", "a128"]


def test_sound_may_be_all_there_is() -> None:
    """A variant that is its own audio rendition is played once."""
    text = (
        MULTIVARIANT.split("#EXT-X-STREAM-INF")[0]
        + '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2",AUDIO="aac"\na128.m3u8\n'
    )

    assert list(select(read(text, URL), None).playing) == ["a128"]


def test_a_media_playlist_is_played_by_itself() -> None:
    """A URL without variants is a track."""
    url = "http://host/live/r/v240.m3u8?t=1"
    selected = select(read(Broadcast().playlist("v240", (20, 1)), url), None)

    assert selected.playing == {"v240": url}


def test_what_is_not_there_is_one_sentence() -> None:
    """An unknown rendition names those that exist; another document is no playlist."""
    with pytest.raises(NotPlayable, match="v360, v240"):
        select(read(MULTIVARIANT, URL), "v720")
    with pytest.raises(NotPlayable, match="no playlist"):
        select(read("<html>", URL), None)


def test_a_playlist_is_called_by_its_file() -> None:
    """Names are what viewers and logs know renditions by."""
    assert name("http://host/live/r_demo/v720.m3u8?x=1") == "v720"
