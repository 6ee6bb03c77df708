"""Each rule on the multivariant playlist."""

import pytest
from lowlatency import MULTIVARIANT

from levelchat.client.rules.multivariant import check, media_playlists, variants
from levelchat.client.rules.reading import read

URL = "http://host/live/r/index.m3u8"


def _rules(text: str) -> set[str]:
    return {finding.rule for finding in check(read(text, URL))}


def test_a_good_one_breaks_no_rule() -> None:
    """What the specification asks for raises no finding."""
    assert list(check(read(MULTIVARIANT, URL))) == []


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("A1.1", "#EXTM3U\n", "#EXTM3U8\n"),
        ("A1.3b", "VERSION:6", "VERSION:9"),
        ("A1.4", "#EXT-X-VERSION:6", "#EXT-X-VERSION:6\n#EXT-X-VERSION:6"),
        ("A1.4", "#EXT-X-VERSION:6", "#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2"),
        ("A10", "BANDWIDTH=900000,AVERAGE-", "AVERAGE-"),
        ("A10", ",AVERAGE-BANDWIDTH=700000", ""),
        ("A10", "AVERAGE-BANDWIDTH=700000", "AVERAGE-BANDWIDTH=1000000"),
        ("A10", 'CODECS="avc1.42c01e,mp4a.40.2",', ""),
        ("A10", "avc1.42c01e", "h264"),
        ("A10", ",RESOLUTION=640x360", ""),
        ("A10", ",FRAME-RATE=30.000", ""),
        ("A10", "FRAME-RATE=30.000", "FRAME-RATE=30"),
        ("A10", 'GROUP-ID="aac"', 'GROUP-ID="opus"'),
        ("A10", 'LANGUAGE="und",', ""),
        ("A10", ',CHANNELS="2"', ""),
        ("A10", 'NAME="Sound",', ""),
    ],
)
def test_each_broken_rule_is_noticed(rule: str, old: str, new: str) -> None:
    """One change raises the rule that it breaks."""
    assert old in MULTIVARIANT
    assert rule in _rules(MULTIVARIANT.replace(old, new))


def test_two_renditions_of_a_group_have_two_names() -> None:
    """NAME is unique within a group."""
    line = MULTIVARIANT.split("\n")[3]

    assert "A10" in _rules(MULTIVARIANT.replace(line, f"{line}\n{line}"))


def test_nothing_to_play_is_noticed() -> None:
    """A multivariant playlist without a variant says nothing."""
    assert "A10" in _rules("#EXTM3U\n")


def test_it_names_every_media_playlist() -> None:
    """Variants in order, and the audio renditions beside them."""
    listing = read(MULTIVARIANT, URL)

    assert [variant.url for variant in variants(listing)] == [
        "http://host/live/r/v360.m3u8",
        "http://host/live/r/v240.m3u8",
    ]
    assert variants(listing)[0].bandwidth == 900_000
    assert "http://host/live/r/a128.m3u8" in media_playlists(listing)
