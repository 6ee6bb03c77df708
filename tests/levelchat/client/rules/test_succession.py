"""Each rule between two versions: good neighbours keep all, and each way of breaking is noticed."""

from collections.abc import Callable

import pytest
from lowlatency import Broadcast

from levelchat.client.rules.reading import read
from levelchat.client.rules.succession import check, dates, delta_findings, merge

URL = "http://host/live/r/v360.m3u8"
GOOD = Broadcast()


def _text(newest: tuple[int, int], broadcast: Broadcast = GOOD) -> str:
    return broadcast.playlist("v360", newest)


def _rules(old: str, new: str) -> set[str]:
    return {finding.rule for finding in check(read(old, URL), read(new, URL))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((20, 0), (20, 1)),
        ((20, 2), (20, 3)),
        ((20, 3), (21, 0)),
        ((20, 1), (20, 1)),
        ((20, 1), (23, 2)),
        ((0, 0), (0, 1)),
        ((2, 3), (40, 1)),
    ],
)
def test_a_playlist_that_moves_on_breaks_no_rule(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    """Parts are appended, segments close, old ones leave: all of that is allowed."""
    assert list(check(read(_text(old), URL), read(_text(new), URL))) == []


@pytest.mark.parametrize(
    ("old", "new"), [((16, 3), (17, 0)), ((24, 1), (24, 3)), ((24, 3), (25, 3))]
)
def test_a_discontinuity_may_come_and_leave(old: tuple[int, int], new: tuple[int, int]) -> None:
    """EXT-X-DISCONTINUITY-SEQUENCE counts the tag when it leaves the playlist."""
    broadcast = GOOD.but(discontinuity=17)

    assert _rules(_text(old, broadcast), _text(new, broadcast)) == set()


def _swap(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("A1.5", _swap("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.6")),
        ("A1.5", _swap("PART-TARGET=0.5", "PART-TARGET=0.51")),
        ("A1.5", _swap("#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
        ("A1.5", _swap("s1/v360/init.mp4", "s2/v360/init.mp4")),
        ("A1.5", _swap("s1/v360/15.m4s", "s2/v360/15.m4s")),
        ("A1.5", _swap("#EXTINF:2.00000", "#EXTINF:2.00001", 1)),
        ("A1.5", _swap("s1/v360/20.0.m4s", "s2/v360/20.0.m4s")),
        ("A1.5", _swap("00.000+00:00", "00.001+00:00", 1)),
        (
            "A1.5",
            _swap('s1/v360/19.3.m4s"\n', 's1/v360/19.3.m4s"\n#EXT-X-PART:DURATION=0.1,URI="x"\n'),
        ),
        ("A1.6", _swap("TARGETDURATION:2", "TARGETDURATION:3")),
        ("A2.6", _swap("MEDIA-SEQUENCE:12", "MEDIA-SEQUENCE:11")),
        ("A2.6", _swap("s1/v360/13.m4s", "s1/v360/14.m4s")),
        ("A7.2", _swap('"s1/v360/20.2.m4s"', '"s1/v360/20.2-again.m4s"', 1)),
        ("A9.5", _swap("DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1")),
    ],
)
def test_each_broken_rule_is_noticed(rule: str, change: Callable[[str], str]) -> None:
    """One change to the newer version raises the rule that it breaks."""
    assert rule in _rules(_text((20, 1)), change(_text((20, 2))))


def test_the_end_of_a_playlist_never_goes_back() -> None:
    """A version that lists less at its end than the one before is noticed."""
    assert "A1.5" in _rules(_text((20, 2)), _text((20, 1)))


def test_a_discontinuity_that_leaves_uncounted_is_noticed() -> None:
    """Removing the tag without counting it is A9.5."""
    broadcast = GOOD.but(discontinuity=17)
    new = _text((26, 0), broadcast).replace("SEQUENCE:1\n", "SEQUENCE:0\n")

    assert "A9.5" in _rules(_text((25, 2), broadcast), new)


@pytest.mark.parametrize(("window", "rule"), [(2, "A2.8"), (5, "A2.8")])
def test_a_window_keeps_three_target_durations_and_six_segments(window: int, rule: str) -> None:
    """Removing from a playlist that is too short is noticed."""
    small = GOOD.but(window=window)

    assert rule in _rules(_text((20, 2), small), _text((20, 3), small))


def test_a_segment_has_the_duration_of_its_parts() -> None:
    """EXTINF at the close must be the sum of the parts listed before."""
    new = _text((20, 3)).replace(
        "#EXTINF:2.00000,\ns1/v360/20.m4s", "#EXTINF:1.96667,\ns1/v360/20.m4s"
    )

    assert "A3.4" in _rules(_text((20, 2)), new)


def test_a_part_may_be_another_one_at_a_discontinuity() -> None:
    """A hint that another program overtook is no violation."""
    old = _text((16, 3))
    new = _text((17, 0), GOOD.but(discontinuity=17)).replace("s1/v360/17.0", "s2/v360/17.0")

    assert "A7.2" not in _rules(old, new)


def test_nothing_changes_after_the_end() -> None:
    """A playlist with EXT-X-ENDLIST is final."""
    ended = GOOD.playlist("v360", (20, 3), ended=True)

    assert _rules(ended, ended) == set()
    assert "A2.12" in _rules(ended, _text((21, 0)))


@pytest.mark.parametrize(("milliseconds", "broken"), [(0, False), (40, False), (60, True)])
def test_dates_follow_from_durations(milliseconds: int, *, broken: bool) -> None:
    """A date may be off by a frame, not by more, except at a discontinuity."""
    text = _text((20, 2)).replace(":50.000+00:00", f":50.{milliseconds:03d}+00:00", 1)

    assert [f.rule for f in dates(read(text, URL))] == (["A9.2", "A9.2"] if broken else [])


@pytest.mark.parametrize("old", [(19, 0), (19, 3), (20, 2)])
def test_a_delta_update_and_the_version_before_are_the_full_playlist(old: tuple[int, int]) -> None:
    """merge(previous, delta) has the segments of the full playlist of the same version."""
    broadcast = Broadcast(can_skip=True)
    before = read(broadcast.playlist("v360", old), URL)
    delta = read(broadcast.delta("v360", (20, 3)), URL)
    merged = merge(before, delta)

    assert delta.skipped
    assert merged is not None
    full = read(broadcast.playlist("v360", (20, 3)), URL)
    assert [(s.msn, s.url, s.date_ns) for s in merged.segments] == [
        (s.msn, s.url, s.date_ns) for s in full.segments
    ]
    assert list(check(before, merged)) == []


def test_a_delta_update_needs_what_it_skips() -> None:
    """Without the skipped segments there is nothing to merge."""
    broadcast = Broadcast(can_skip=True)
    delta = read(broadcast.delta("v360", (40, 3)), URL)

    assert merge(read(broadcast.playlist("v360", (20, 3)), URL), delta) is None


def test_only_what_is_old_enough_is_skipped() -> None:
    """A delta update that skips within the boundary, or was never offered, is noticed."""
    broadcast = Broadcast(can_skip=True)
    good = read(broadcast.delta("v360", (20, 3)), URL)
    greedy = read(broadcast.delta("v360", (20, 3), boundary_segments=3), URL)
    uncalled = read(GOOD.delta("v360", (20, 3)), URL)

    assert list(delta_findings(good)) == []
    assert [f.rule for f in delta_findings(greedy)] == ["A6.1"]
    assert [f.rule for f in delta_findings(uncalled)] == ["A5.9"]
