"""Each rule between the media playlists of a broadcast."""

import pytest
from lowlatency import RUNGS, Broadcast

from levelchat.client.rules.reading import read
from levelchat.client.rules.renditions import Renditions

BASE = "http://host/live/r/"
MS = 1_000_000
GOOD = Broadcast()
ALL = {f"{BASE}{name}.m3u8" for name in RUNGS}


def _observe(
    renditions: Renditions, name: str, text: str, now_ms: int = 0
) -> list[tuple[str, str]]:
    url = f"{BASE}{name}.m3u8"
    found = renditions.observe(url, read(text, url), now_ms * MS)
    return [(finding.rule, finding.text) for finding in found]


def _pair(text: str, name: str = "a128", newest: tuple[int, int] = (20, 1)) -> list[str]:
    """Rules that *text* breaks beside a good v360."""
    renditions = Renditions()
    renditions.expect(ALL)
    assert _observe(renditions, "v360", GOOD.playlist("v360", newest)) == []
    return [rule for rule, _ in _observe(renditions, name, text)]


def test_good_renditions_break_no_rule() -> None:
    """Playlists of one instant agree."""
    assert _pair(GOOD.playlist("a128", (20, 1))) == []


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("A4.1", "PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.53"),
        ("A4.2", "PART-TARGET=0.5", "PART-TARGET=0.6"),
        ("A8.1", '#EXT-X-RENDITION-REPORT:URI="v240', '#EXT-X-OTHER:URI="v240'),
        ("A8.4", "TARGETDURATION:2", "TARGETDURATION:3"),
        ("A8.4", "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1"),
        ("A8.4", ":50.000+00:00", ":50.051+00:00"),
    ],
)
def test_each_broken_rule_is_noticed(rule: str, old: str, new: str) -> None:
    """One change in one rendition raises the rule that it breaks."""
    text = GOOD.playlist("a128", (20, 1))
    assert old in text

    assert rule in _pair(text.replace(old, new))


def test_the_longest_part_target_of_all_counts() -> None:
    """PART-HOLD-BACK is at least three times the longest PART-TARGET of any rendition."""
    renditions = Renditions()
    _observe(renditions, "a128", GOOD.playlist("a128", (20, 1)).replace("=0.5\n", "=0.512\n"))
    found = _observe(renditions, "v360", GOOD.playlist("v360", (20, 1)))

    assert "A4.2" in [rule for rule, _ in found]


def test_a_discontinuity_is_in_all_renditions() -> None:
    """One that only one rendition has is noticed."""
    assert "A8.4" in _pair(GOOD.but(discontinuity=17).playlist("a128", (20, 1)))


@pytest.mark.parametrize(("later_ms", "rules"), [(100, []), (590, []), (610, ["A8.2"])])
def test_reports_are_up_to_date(later_ms: int, rules: list[str]) -> None:
    """A report may be behind by no more than a part."""
    renditions = Renditions()
    _observe(renditions, "v360", GOOD.playlist("v360", (20, 2)), 1000)
    found = _observe(renditions, "a128", GOOD.playlist("a128", (20, 1)), 1000 + later_ms)

    assert [rule for rule, _ in found] == rules
