"""Laws of edge.window, judged by the rules that our own player checks."""

from itertools import pairwise

import msgspec
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.broadcast import Broadcast
from levelchat.client.rules import playlist, succession
from levelchat.client.rules.reading import Listing, read
from levelchat.media.time import NANOSECOND

WINDOW_SECONDS = 16


def _broadcast(running: synthetic.Program) -> Broadcast:
    broadcast = Broadcast(running, 512_000_000, WINDOW_SECONDS)
    broadcast.begin(running, synthetic.START_NS)
    return broadcast


def _versions(broadcast: Broadcast, parts: list[synthetic.Part]) -> list[Listing]:
    """Every version of the picture's playlist, as it changes part by part."""
    versions = []
    for part in parts:
        broadcast.add(part, part.wall_ns)
        if part.rendition == "v720" and broadcast.ready:
            text = broadcast.playlist("v720").plain.decode()
            versions.append(read(text, "http://edge/live/r/v720.m3u8"))
    return versions


def _findings(versions: list[Listing]) -> list[object]:
    alone = [finding for version in versions for finding in playlist.check(version)]
    between = [f for old, new in pairwise(versions) for f in succession.check(old, new)]
    return [*alone, *between]


def test_every_version_keeps_every_rule() -> None:
    """A1 to A9 hold in each of 300 versions and between each and the next."""
    running = synthetic.program()
    parts = list(synthetic.parts(running, synthetic.START_NS, 160))

    versions = _versions(_broadcast(running), parts)

    assert len(versions) > 300
    assert _findings(versions) == []


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(500, 12_000), st.integers(1, 30_000)), min_size=2, max_size=4)
)
def test_restarts_keep_every_rule(lives: list[tuple[int, int]]) -> None:
    """However often a packager dies (after so many ms, back after so many), numbers rise by one
    and discontinuities are counted.
    """
    running = synthetic.program()
    broadcast = _broadcast(running)
    now_ns = synthetic.START_NS
    versions: list[Listing] = []
    for number, (lived_ms, gone_ms) in enumerate(lives):
        if number:
            running = synthetic.program(f"s{number + 1}")
            broadcast.begin(running, synthetic.START_NS)
        parts = list(synthetic.parts(running, now_ns, lived_ms / 1000, whole=False))
        versions += _versions(broadcast, parts)
        now_ns += (lived_ms + gone_ms) * 1_000_000 // 100_000_000 * 100_000_000

    assert _findings(versions) == []


def test_what_left_the_playlist_stays_for_a_while() -> None:
    """A2.9: a removed segment can be fetched for its duration and that of the longest playlist."""
    running = synthetic.program()
    broadcast = _broadcast(running)
    removed: dict[str, int] = {}
    for part in synthetic.parts(running, synthetic.START_NS, 120):
        broadcast.add(part, part.wall_ns)
        listed = {segment.uri for segment in broadcast.windows["v720"].listed()}
        path = f"s1/v720/{part.segment}.m4s"
        if part.rendition == "v720" and part.last:
            removed[path] = part.wall_ns
        for path, closed_ns in removed.items():
            due_ns = closed_ns + (WINDOW_SECONDS + 2) * NANOSECOND
            assert path in listed or part.wall_ns > due_ns or broadcast.shelf.get(path)


def test_memory_is_bounded() -> None:
    """An hour of a broadcast holds no more than its first minutes."""
    running = synthetic.program()
    broadcast = _broadcast(running)
    sizes = []
    for part in synthetic.parts(running, synthetic.START_NS, 3600):
        broadcast.add(part, part.wall_ns)
        sizes.append(broadcast.shelf.size)

    assert max(sizes) <= 1.2 * max(sizes[: len(sizes) // 20])


def test_parts_go_before_their_segment() -> None:
    """A3.7: a part can be fetched for three target durations after its tag is gone, then only its
    segment can.
    """
    running = synthetic.program()
    broadcast = _broadcast(running)
    before: set[str] = set()
    unlisted: dict[str, int] = {}
    for part in synthetic.parts(running, synthetic.START_NS, 30):
        broadcast.add(part, part.wall_ns)
        segments = broadcast.windows["v720"].listed()
        listed = {each.uri for segment in segments for each in segment.parts}
        unlisted |= dict.fromkeys(before - listed, part.wall_ns)
        before = listed
        for path, since_ns in unlisted.items():
            if part.wall_ns < since_ns + 6 * NANOSECOND:
                assert broadcast.shelf.get(path)
            elif part.wall_ns > since_ns + 9 * NANOSECOND:
                assert broadcast.shelf.get(path) is None

    assert len(unlisted) > 10


def test_a_playlist_never_becomes_too_short() -> None:
    """A2.8: at least six segments and three target durations, however short the window is set and
    however short the segments are.
    """
    running = synthetic.program()
    broadcast = Broadcast(running, 512_000_000, 1)
    now_ns = synthetic.START_NS
    durations = []
    for number in range(30):
        broadcast.begin(synthetic.program(f"s{number}"), now_ns)
        for part in synthetic.parts(running, now_ns, 0.5):
            broadcast.add(part, part.wall_ns)
        durations.append([each.duration for each in broadcast.windows["v720"].listed()])
        now_ns += NANOSECOND // 2

    assert sum(durations[-2][:-1]) >= 6 * synthetic.VIDEO.timescale
    assert len(durations[-1]) <= 14


def test_a_segment_without_media_is_a_gap() -> None:
    """A2.11: parts without media are GAP=YES, and so is a segment that has no others."""
    running = synthetic.program()
    broadcast = _broadcast(running)
    for part in synthetic.parts(running, synthetic.START_NS, 6):
        missing = part.segment == synthetic.START_NS // NANOSECOND // 2 + 1
        broadcast.add(
            msgspec.structs.replace(part, gap=True, data=b"") if missing else part, part.wall_ns
        )
    listing = read(broadcast.playlist("v720").plain.decode(), "http://edge/live/r/v720.m3u8")

    assert [segment.gap for segment in listing.segments] == [False, True, False]
    assert _findings([listing]) == []


def test_a_segment_is_written_once() -> None:
    """A complete segment far from the live edge is the same value in each later version."""
    running = synthetic.program()
    broadcast = _broadcast(running)
    parts = list(synthetic.parts(running, synthetic.START_NS, 18))
    for part in parts[:-3]:
        broadcast.add(part, part.wall_ns)
    before = broadcast.windows["v720"].listed()
    for part in parts[-3:]:
        broadcast.add(part, part.wall_ns)
    after = broadcast.windows["v720"].listed()

    assert any(segment is before[3] for segment in after)
    assert before[-1] != after[-1]
