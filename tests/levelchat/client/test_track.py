"""Laws of following one media playlist."""

import pytest
from lowlatency import Broadcast

from levelchat.client.errors import NotPlayable
from levelchat.client.track import Offsets, Track

URL = "http://host/live/r/v360.m3u8"
GOOD = Broadcast()
SECOND = 1_000_000_000


def _track(newest: tuple[int, int] = (20, 1), broadcast: Broadcast = GOOD) -> Track:
    track = Track("v360", URL)
    track.update(broadcast.playlist("v360", newest), 0)
    return track


@pytest.mark.parametrize(
    ("newest", "query"),
    [
        ((20, 0), "_HLS_msn=20&_HLS_part=1"),
        ((20, 2), "_HLS_msn=20&_HLS_part=3"),
        ((20, 3), "_HLS_msn=21&_HLS_part=0"),
    ],
)
def test_a_reload_asks_for_the_next_part(newest: tuple[int, int], query: str) -> None:
    """Directives name the part after the newest; after a complete segment, the next one's first."""
    assert _track(newest).reload_url(0) == f"{URL}?{query}"


def test_the_first_load_has_no_directives() -> None:
    """Without a version there is nothing to wait for; a query in the URL stays."""
    assert Track("v360", URL).reload_url(0) == URL
    track = Track("v360", f"{URL}?t=1")
    track.update(GOOD.playlist("v360", (20, 0)), 0)

    assert track.reload_url(0) == f"{URL}?t=1&_HLS_msn=20&_HLS_part=1"


@pytest.mark.parametrize(("age", "skips"), [(5, True), (6, False)])
def test_deltas_are_asked_for_while_the_version_is_fresh(age: int, *, skips: bool) -> None:
    """A delta update needs a version younger than half the skip boundary (12 s here)."""
    track = _track(broadcast=GOOD.but(can_skip=True))

    assert ("_HLS_skip=YES" in track.reload_url(age * SECOND)) is skips


def test_playing_begins_with_the_independent_part_before_the_target() -> None:
    """A decoder starts at an independent part, at or before where the playhead starts."""
    track = _track((20, 1))
    began = track.start_at(GOOD.moment(19, 1))

    assert began == GOOD.moment(19, -1)
    items = track.new_items()
    assert [(item.msn, item.index) for item in items] == [
        (19, 0),
        (19, 1),
        (19, 2),
        (19, 3),
        (20, 0),
        (20, 1),
    ]
    assert items[0].independent
    assert items[0].map_url == "http://host/live/r/s1/v360/init.mp4"


def test_each_part_is_handed_out_once() -> None:
    """New versions give only what is new."""
    track = _track((20, 1))
    track.start_at(0)
    track.new_items()
    track.update(GOOD.playlist("v360", (20, 3)), 1)

    assert [(item.msn, item.index) for item in track.new_items()] == [(20, 2), (20, 3)]
    assert track.new_items() == []


def test_an_older_version_changes_nothing() -> None:
    """An answer that was overtaken is left alone."""
    track = _track((20, 3))
    track.update(GOOD.playlist("v360", (20, 1)), 1)

    assert track.listing.newest == (20, 3)


def test_the_time_line_has_no_gap_at_a_discontinuity() -> None:
    """Positions go on; dates jump, and the offsets know by how much."""
    track = _track((20, 3))
    track.start_at(GOOD.moment(20, -1))
    before = track.new_items()
    later = GOOD.but(began_ns=GOOD.began_ns + 3 * SECOND, discontinuity=21, session="s2")
    track.update(later.playlist("v360", (21, 0)), 1)
    (item,) = track.new_items()

    assert item.start_ns == before[-1].end_ns
    assert item.date_ns == before[-1].end_date_ns + 3 * SECOND
    assert track.offsets.date_ns(item.start_ns) == item.date_ns
    assert track.offsets.date_ns(before[0].start_ns) == before[0].date_ns


def test_a_delta_that_cannot_be_merged_asks_for_everything() -> None:
    """When skipped segments are unknown the next reload is a full one."""
    broadcast = GOOD.but(can_skip=True)
    track = _track((20, 1), broadcast)
    track.update(broadcast.delta("v360", (40, 3)), 100 * SECOND)

    assert track.listing.newest == (20, 1)
    assert "_HLS_skip" not in track.reload_url(100 * SECOND)


def test_each_fifth_segment_is_a_sample() -> None:
    """Segments that close while we watch are fetched whole now and then."""
    track = _track((19, 3))
    assert track.new_samples() == []
    track.update(GOOD.playlist("v360", (20, 3)), 1)

    assert track.new_samples() == ["http://host/live/r/s1/v360/20.m4s"]
    assert track.new_samples() == []


@pytest.mark.parametrize("text", ["", "<html>", "#EXTM3U\n", "#EXTM3U\n#EXT-X-TARGETDURATION:x\n"])
def test_what_is_no_playlist_is_one_error(text: str) -> None:
    """Anything else than a media playlist is `NotPlayable`."""
    with pytest.raises(NotPlayable):
        Track("v360", URL).update(text, 0)


def test_nothing_independent_cannot_be_started() -> None:
    """A playlist without an independent part is not playable yet."""
    track = Track("v360", URL)
    track.update(GOOD.playlist("v360", (20, 1)).replace(",INDEPENDENT=YES", ""), 0)

    assert not track.playable
    with pytest.raises(NotPlayable):
        track.start_at(0)


def test_offsets_step_only_at_real_jumps() -> None:
    """The rounding of dates is no discontinuity."""
    offsets = Offsets()
    offsets.add(0, 1000)
    offsets.add(SECOND, SECOND + 1_001_000)
    offsets.add(2 * SECOND, 9 * SECOND)

    assert [offsets.date_ns(at) for at in (0, SECOND, 2 * SECOND)] == [
        1000,
        SECOND + 1000,
        9 * SECOND,
    ]
