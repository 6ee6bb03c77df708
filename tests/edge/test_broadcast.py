"""Laws of edge.broadcast."""

from collections.abc import Iterator
from itertools import combinations

import msgspec
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.broadcast import Broadcast
from edge.window import Window
from levelchat.client.rules import playlist, succession
from levelchat.client.rules.reading import Listing, read
from levelchat.media.program import Program, Rendition


def _listed(broadcast: Broadcast, name: str) -> list[int]:
    text = broadcast.playlist(name).plain.decode()
    return [segment.msn for segment in read(text, "http://e/x.m3u8").segments]


def _running(*renditions: object) -> tuple[Broadcast, Program]:
    running = synthetic.program("s1", *renditions)  # type: ignore[arg-type]
    broadcast = Broadcast(running, 512_000_000, 60)
    broadcast.begin(running, synthetic.START_NS)
    return broadcast, running


def _read(broadcast: Broadcast, name: str) -> Listing:
    return read(broadcast.playlist(name).plain.decode(), f"http://e/{name}.m3u8")


def _feed(broadcast: Broadcast, running: Program, start_s: float, seconds: float) -> None:
    start_ns = synthetic.START_NS + int(start_s * 10**9)
    for part in synthetic.parts(running, start_ns, seconds):
        broadcast.add(part, part.wall_ns)


def test_a_restart_goes_on_counting_in_all_renditions_alike() -> None:
    """A8.4: after a restart each rendition's discontinuity has the same sequence number."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 5)
    again = synthetic.program("s2")
    broadcast.begin(again, synthetic.START_NS)
    _feed(broadcast, again, 7, 6)

    begins = set()
    for name in broadcast.windows:
        text = broadcast.playlist(name).plain.decode()
        segments = read(text, "http://e/x.m3u8").segments
        begins.add(next(segment.msn for segment in segments if segment.discontinuity))
    assert len(begins) == 1
    numbers = _listed(broadcast, "v720")
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_rendition_that_is_gone_ends() -> None:
    """A program without a rung gives that rung's playlist EXT-X-ENDLIST."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    less = synthetic.program("s2", synthetic.SMALL, synthetic.AUDIO)
    broadcast.begin(less, synthetic.START_NS)
    _feed(broadcast, less, 6, 4)

    assert broadcast.playlist("v720").plain.endswith(b"#EXT-X-ENDLIST\n")
    assert b"ENDLIST" not in broadcast.playlist("v240").plain


def test_a_rung_joins_at_its_first_segment() -> None:
    """A rendition added later begins with its own first segment and is reported from then on."""
    broadcast, running = _running(synthetic.SMALL, synthetic.AUDIO)
    _feed(broadcast, running, 0, 4)
    broadcast.add_rendition(synthetic.VIDEO, synthetic.START_NS)
    before = broadcast.multivariant().plain
    more = msgspec.structs.replace(
        running, renditions=(synthetic.VIDEO, synthetic.SMALL, synthetic.AUDIO)
    )
    _feed(broadcast, more, 4, 4)

    assert b"v720" not in before
    assert b"v720" in broadcast.multivariant().plain
    assert _listed(broadcast, "v720")[0] == _listed(broadcast, "v240")[2]
    assert b'"v720.m3u8",LAST-MSN' in broadcast.playlist("v240").plain


def test_sound_alone_is_a_broadcast() -> None:
    """A publisher without a camera is heard: the sound's playlist is the only variant."""
    broadcast, running = _running(synthetic.AUDIO)
    _feed(broadcast, running, 0, 4)

    assert broadcast.multivariant().plain.endswith(b"a128.m3u8\n")


def test_a_rung_that_joins_after_a_restart_counts_discontinuities_alike() -> None:
    """A8.4: one segment has one Discontinuity Sequence Number, also in a playlist that begins
    after the restart.
    """
    broadcast, running = _running(synthetic.SMALL, synthetic.AUDIO)
    _feed(broadcast, running, 0, 4)
    more = synthetic.program("s2")
    broadcast.begin(more, synthetic.START_NS)
    _feed(broadcast, more, 6, 4)

    assert _numbers(broadcast, "v720").items() <= _numbers(broadcast, "v240").items()
    assert set(_numbers(broadcast, "v720").values()) == {1}


def test_who_fell_behind_gets_a_gap_for_each_segment_that_it_missed() -> None:
    """A2.11, A8.4: after a restart the numbers match, and what is missing is an EXT-X-GAP."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    _feed(broadcast, synthetic.program("s1", synthetic.SMALL, synthetic.AUDIO), 4, 6)
    again = synthetic.program("s2")
    broadcast.begin(again, synthetic.START_NS)
    _feed(broadcast, again, 14, 4)

    gaps = [segment.msn for segment in _read(broadcast, "v720").segments if segment.gap]
    assert len(gaps) == 3
    assert (
        _numbers(broadcast, "v720") == _numbers(broadcast, "v240") == _numbers(broadcast, "a128")
    )


def test_who_fell_behind_too_far_begins_anew() -> None:
    """What is missing is no longer listed anywhere: only what the others list is filled."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    _feed(broadcast, synthetic.program("s1", synthetic.SMALL, synthetic.AUDIO), 4, 120)
    again = synthetic.program("s2")
    broadcast.begin(again, synthetic.START_NS)
    _feed(broadcast, again, 128, 4)

    assert _numbers(broadcast, "v720") == _numbers(broadcast, "v240")


def test_a_rendition_that_is_gone_is_not_offered() -> None:
    """The multivariant playlist lists what goes on; at the end it lists all that remains."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    less = synthetic.program("s2", synthetic.SMALL, synthetic.AUDIO)
    broadcast.begin(less, synthetic.START_NS)
    during = broadcast.multivariant().plain
    broadcast.end(synthetic.START_NS)

    assert b"v720" not in during
    assert b"v720" in broadcast.multivariant().plain


def test_a_rendition_that_comes_back_begins_anew() -> None:
    """A1.5, A2.6: nothing follows EXT-X-ENDLIST, and no number is given out twice."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    last = _read(broadcast, "v720").segments[-1].msn
    sound = synthetic.program("s2", synthetic.AUDIO)
    broadcast.begin(sound, synthetic.START_NS)
    _feed(broadcast, sound, 4, 4)
    again = synthetic.program("s3")
    broadcast.begin(again, synthetic.START_NS)
    _feed(broadcast, again, 8, 4)
    listing = _read(broadcast, "v720")

    assert not listing.ended
    assert listing.segments[0].msn > last
    assert _numbers(broadcast, "v720").items() <= _numbers(broadcast, "a128").items()


def test_a_new_header_is_hinted() -> None:
    """A7.1, A9.6: until the first part of a new program, its header is hinted too."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    assert b"TYPE=MAP" not in broadcast.playlist("v720").plain

    again = synthetic.program("s2")
    broadcast.begin(again, synthetic.START_NS)
    hinted = broadcast.playlist("v720").plain
    _feed(broadcast, again, 6, 0.5)

    assert b'TYPE=MAP,URI="s2/v720/init.mp4"' in hinted
    assert b"TYPE=MAP" not in broadcast.playlist("v720").plain


LADDER = (synthetic.VIDEO, synthetic.SMALL, synthetic.AUDIO)
LIVES = st.lists(
    st.tuples(
        st.sampled_from([c for n in (1, 2, 3) for c in combinations(LADDER, n)]),
        st.integers(0, 14_000),
        st.integers(1, 30_000),
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_whatever_restarts_every_playlist_keeps_every_rule(
    lives: list[tuple[tuple[Rendition, ...], int, int]],
) -> None:
    """A1.5, A2.6, A8.4, A9.5: whichever renditions each program has, every version of every
    playlist keeps the rules, and all agree on discontinuities.
    """
    first = synthetic.program("s0", *lives[0][0])
    broadcast = Broadcast(first, 512_000_000, 16)
    newest: dict[str, tuple[Window, Listing]] = {}
    for _ in _versions(broadcast, lives):
        counted: dict[int, int] = {}
        for name, window in broadcast.windows.items():
            if not window.ready:
                continue
            listing = _read(broadcast, name)
            life, before = newest.get(name, (window, listing))
            assert not list(playlist.check(listing))
            if life is window:
                assert not list(succession.check(before, listing))
            else:
                assert before.ended
                assert listing.segments[0].msn > before.segments[-1].msn
            newest[name] = (window, listing)
            for msn, number in _numbers(broadcast, name).items():
                assert counted.setdefault(msn, number) == number


def _versions(
    broadcast: Broadcast, lives: list[tuple[tuple[Rendition, ...], int, int]]
) -> Iterator[None]:
    now_ns = synthetic.START_NS
    for number, (renditions, lived_ms, gone_ms) in enumerate(lives):
        running = synthetic.program(f"s{number}", *renditions)
        broadcast.begin(running, now_ns)
        yield
        for part in synthetic.parts(running, now_ns, lived_ms / 1000, whole=False):
            broadcast.add(part, part.wall_ns)
            if part.rendition == renditions[-1].name:
                yield
        now_ns += (lived_ms + gone_ms) * 1_000_000 // 100_000_000 * 100_000_000


def _numbers(broadcast: Broadcast, name: str) -> dict[int, int]:
    """Discontinuity Sequence Numbers by segment, as §4.4.3.3 has a client count them."""
    text = broadcast.playlist(name).plain.decode()
    number = int(text.partition("#EXT-X-DISCONTINUITY-SEQUENCE:")[2].split()[0])
    numbers = {}
    for segment in _read(broadcast, name).segments:
        number += segment.discontinuity
        numbers[segment.msn] = number
    return numbers
