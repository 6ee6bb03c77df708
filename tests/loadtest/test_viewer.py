"""Laws of the load test's viewer."""

import pytest
from lowlatency import MULTIVARIANT, Broadcast

from loadtest.viewer import Fetch, NotPlayable, Track, Viewer, choose

BASE = "http://host/live/r/"
MS = 1_000_000
GOOD = Broadcast()


def _track(name: str = "v360") -> Track:
    return Track("video", f"{BASE}{name}.m3u8")


def test_a_viewer_plays_the_first_variant_and_its_audio() -> None:
    """As a player does before it has measured anything."""
    assert choose(MULTIVARIANT, f"{BASE}index.m3u8") == {
        "video": f"{BASE}v360.m3u8",
        "audio": f"{BASE}a128.m3u8",
    }


def test_a_viewer_begins_part_hold_back_behind_the_edge() -> None:
    """The first fetches are the parts of the last 1.5 s, no more."""
    fetches = _track().take(GOOD.playlist("v360", (20, 1)))

    assert [(fetch.msn, fetch.index) for fetch in fetches] == [(19, 3), (20, 0), (20, 1)]
    assert fetches[-1].end_ns == GOOD.moment(20, 1)
    assert fetches[0].url == f"{BASE}s1/v360/19.3.m4s"


@pytest.mark.parametrize(
    ("newest", "wanted"), [((20, 1), (20, 2)), ((20, 3), (21, 0)), ((21, 0), (21, 1))]
)
def test_a_reload_waits_for_the_next_part(
    newest: tuple[int, int], wanted: tuple[int, int]
) -> None:
    """Directives name the part after the newest one."""
    track = _track()
    assert track.reload_url() == f"{BASE}v360.m3u8"
    track.take(GOOD.playlist("v360", newest))

    assert track.reload_url().endswith(f"?_HLS_msn={wanted[0]}&_HLS_part={wanted[1]}")


def test_each_part_is_fetched_once() -> None:
    """New versions give only what is new, init section known from the first."""
    track = _track()
    track.take(GOOD.playlist("v360", (20, 1)))
    new = track.take(GOOD.playlist("v360", (20, 3)))

    assert [(fetch.msn, fetch.index) for fetch in new] == [(20, 2), (20, 3)]
    assert track.init_url == f"{BASE}s1/v360/init.mp4"
    assert track.take(GOOD.playlist("v360", (20, 3))) == []


def test_the_end_is_seen() -> None:
    """EXT-X-ENDLIST ends the track."""
    track = _track()
    track.take(GOOD.playlist("v360", (20, 3), ended=True))

    assert track.ended


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n", MULTIVARIANT],
)
def test_what_cannot_be_played_is_one_error(text: str) -> None:
    """Anything but a low-latency media playlist is `NotPlayable`."""
    with pytest.raises(NotPlayable):
        _track().take(text)
    with pytest.raises(NotPlayable):
        choose(GOOD.playlist("v360", (20, 1)), f"{BASE}index.m3u8")


def _fetch(number: int) -> Fetch:
    return Fetch("video", 20, number, "u", number * 500 * MS, 500 * MS)


def test_lateness_is_counted_from_the_best_pace() -> None:
    """The most punctual part is 0 late, whatever the distance to the edge."""
    viewer = Viewer(("video",), 0, 500 * MS)

    assert viewer.lateness_ns(_fetch(0), 600 * MS) == 0
    assert viewer.lateness_ns(_fetch(1), 1130 * MS) == 30 * MS


def test_a_stall_is_told_once_when_it_is_over() -> None:
    """The picture stood still from the end of the buffer until there was media again."""
    viewer = Viewer(("video",), 0, 500 * MS)
    viewer.arrived(_fetch(0), 500 * MS)
    viewer.arrived(_fetch(1), 1200 * MS)

    assert viewer.new_stalls_ns() == [200 * MS]
    assert viewer.new_stalls_ns() == []
    assert viewer.delay_ns(1300 * MS) == 700 * MS
