"""Each rule on a single playlist: a good one keeps all, and each way of breaking is noticed."""

from collections.abc import Callable

import pytest
from lowlatency import Broadcast

from levelchat.client.rules.playlist import check
from levelchat.client.rules.reading import read

URL = "http://host/live/r/v360.m3u8"
GOOD = Broadcast().playlist("v360", (20, 1))
DELTA = Broadcast(can_skip=True).delta("v360", (20, 3))
ENDED = Broadcast().playlist("v360", (20, 3), ended=True)


def _rules(text: str) -> set[str]:
    return {finding.rule for finding in check(read(text, URL))}


@pytest.mark.parametrize(
    "text",
    [
        *(Broadcast().playlist("v360", (20, index)) for index in range(4)),
        Broadcast().playlist("a128", (20, 1)),
        Broadcast().playlist("v360", (1, 0)),
        Broadcast(discontinuity=16).playlist("v360", (20, 1)),
        Broadcast(can_skip=True).playlist("v360", (20, 1)),
        DELTA,
        ENDED,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("#EXT-X-MAP", "#EXT-X-UNKNOWN:x\n# a comment\n\n#EXT-X-MAP"),
    ],
)
def test_a_good_playlist_breaks_no_rule(text: str) -> None:
    """What the specification allows raises no finding."""
    assert list(check(read(text, URL))) == []


def _swap(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return change


def _without(start: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert start in text
        return "\n".join(x for x in text.split("\n") if not x.startswith(start))

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("A1.1", lambda text: "\ufeff" + text),
        ("A1.1", lambda text: "\n" + text),
        ("A1.1", _swap("#EXT-X-MAP", " #EXT-X-MAP")),
        ("A1.1", _swap(".000+00:00\n", ".000+00:00 \n", 1)),
        ("A1.1", _swap("#EXTINF:2.00000,", "#EXTINF:2.00000,\x07", 1)),
        ("A1.1", _swap("#EXTINF:2.00000,", "#EXTINF:2.00000,e\u0301", 1)),
        ("A1.3", _swap("VERSION:6", "VERSION:5")),
        ("A1.3", _without("#EXT-X-VERSION")),
        ("A1.3b", _swap("VERSION:6", "VERSION:9")),
        ("A1.4", _swap("#EXT-X-PART-INF", "#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF")),
        ("A1.4", _swap("#EXT-X-VERSION:6", "#EXT-X-VERSION:6\n#EXT-X-VERSION:6")),
        ("A1.4", _swap("#EXT-X-PART-INF", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-PART-INF")),
        ("A1.4", _without("#EXT-X-TARGETDURATION")),
        ("A1.8", _swap("#EXT-X-PART-INF", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PART-INF")),
        ("A2.1", _swap("#EXTINF:2.00000", "#EXTINF:2.50000", 1)),
        ("A2.1", _swap("#EXTINF:2.00000,\n", "", 1)),
        ("A2.5", _without("#EXT-X-MAP")),
        ("A2.6", _without("#EXT-X-MEDIA-SEQUENCE")),
        (
            "A2.6",
            lambda text: _without("#EXT-X-MEDIA-SEQUENCE")(text) + "#EXT-X-MEDIA-SEQUENCE:12\n",
        ),
        ("A2.12", lambda text: text + "#EXT-X-ENDLIST\n"),
        ("A3.1", _without("#EXT-X-PART-INF")),
        ("A3.2", _swap("DURATION=0.50000", "DURATION=0.53333", 1)),
        ("A3.2", _swap("DURATION=0.50000,", "", 1)),
        ("A3.2", _swap('URI="s1/v360/20.1.m4s"', "INDEPENDENT=YES")),
        ("A3.2", _swap("PART-TARGET=0.5", "PART-TARGET=2.5")),
        ("A3.3", _swap('0.50000,URI="s1/v360/19.1', '0.40000,URI="s1/v360/19.1')),
        (
            "A3.6",
            _swap(
                '#EXT-X-PART:DURATION=0.50000,URI="s1/v360/19.1',
                '#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:58.000Z\n#EXT-X-PART:DURATION=0.50000,URI="s1/v360/19.1',
            ),
        ),
        ("A3.7", _swap("#EXTINF", '#EXT-X-PART:DURATION=0.5,URI="x",INDEPENDENT=YES\n#EXTINF', 1)),
        ("A3.11", _without("#EXT-X-PART:")),
        ("A4.2", _swap("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.25")),
        ("A4.2", _swap(",PART-HOLD-BACK=1.5", "")),
        ("A4.3", _swap("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.5,HOLD-BACK=5.9")),
        ("A4.4", _swap("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=11.9")),
        ("A4.4", _swap("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.5,CAN-SKIP-DATERANGES=YES")),
        ("A4.5", _swap("CAN-BLOCK-RELOAD=YES,", "")),
        ("A7.1", _without("#EXT-X-PRELOAD-HINT")),
        ("A7.1", lambda text: text + '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="other.m4s"\n'),
        ("A8.2", _swap('URI="a128', 'URI="http://host/live/r/a128')),
        ("A8.2", _swap(",LAST-PART=1", "", 1)),
        ("A8.2", _swap(",LAST-MSN=20", "", 1)),
        ("A9.1", _without("#EXT-X-PROGRAM-DATE-TIME")),
        ("A9.1", _swap(".000+00:00", "+00:00", 1)),
        ("A9.1", _swap(".000+00:00", ".000", 1)),
        ("A9.5", _without("#EXT-X-DISCONTINUITY-SEQUENCE")),
    ],
)
def test_each_broken_rule_is_noticed(rule: str, change: Callable[[str], str]) -> None:
    """One change to a good playlist raises the rule that it breaks."""
    assert rule in _rules(change(GOOD))


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("A1.3", _swap("VERSION:9", "VERSION:6")),
        ("A1.3b", _swap("VERSION:9", "VERSION:10")),
        ("A2.5", _without("#EXT-X-MAP")),
        (
            "A1.3",
            _swap("SKIPPED-SEGMENTS=1", 'SKIPPED-SEGMENTS=1,RECENTLY-REMOVED-DATERANGES=""'),
        ),
    ],
)
def test_delta_updates_have_rules_of_their_own(rule: str, change: Callable[[str], str]) -> None:
    """Skipping raises the version, and what remains still needs its map."""
    assert rule in _rules(change(DELTA))


@pytest.mark.parametrize(
    "change",
    [
        _swap('0.50000,URI="s1/v360/19.3', '0.10000,URI="s1/v360/19.3'),
        _swap('0.50000,URI="s1/v360/20.1', '0.10000,URI="s1/v360/20.1'),
        _swap('0.50000,URI="s1/v360/19.1.m4s"', '0.10000,URI="s1/v360/19.1.m4s",GAP=YES'),
        _swap('0.50000,URI="s1/v360/19.0', '0.10000,URI="s1/v360/19.0'),
    ],
)
def test_parts_may_be_short_where_the_specification_says_so(
    change: Callable[[str], str],
) -> None:
    """The last of a parent, the newest, a gap and an independent part may be below 85 %."""
    assert "A3.3" not in _rules(change(GOOD))


def test_a_part_before_a_gap_may_be_short() -> None:
    """A part that a GAP=YES part follows at once may be below 85 %."""
    text = GOOD.replace('19.2.m4s"', '19.2.m4s",GAP=YES')

    assert "A3.3" not in _rules(text.replace('0.50000,URI="s1/v360/19.1', '0.1,URI="s1/v360/19.1'))
