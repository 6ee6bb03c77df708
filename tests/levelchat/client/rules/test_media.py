"""Laws of a rendition's media as a whole."""

from lowlatency import Broadcast

from levelchat.client.rules.media import MAX_PENDING, MAX_WAIT, MediaRules
from levelchat.client.rules.reading import Listing, read

URL = "http://host/live/r/v360.m3u8"
GOOD = Broadcast()


def _listing(newest: tuple[int, int], broadcast: Broadcast = GOOD) -> Listing:
    return read(broadcast.playlist("v360", newest), URL)


def _url(msn: int, index: int | None = None) -> str:
    name = f"{msn}.m4s" if index is None else f"{msn}.{index}.m4s"
    return f"http://host/live/r/s1/v360/{name}"


def _rules() -> MediaRules:
    media = MediaRules()
    assert media.init(GOOD.init("v360")) == []
    return media


def _add(media: MediaRules, *parts: tuple[int, int]) -> None:
    for msn, index in parts:
        media.part(_url(msn, index), GOOD.part("v360", msn, index))


def test_parts_in_any_order_are_judged_in_order() -> None:
    """Continuity is that of the playlist, not that of arrival."""
    media = _rules()
    _add(media, (20, 0), (20, 2), (20, 1), (20, 3), (21, 0))

    assert media.settle(_listing((20, 2))) == []
    assert media.settle(_listing((21, 0))) == []


def test_a_hole_in_the_time_line_is_noticed() -> None:
    """A part whose tfdt does not continue the one before is B5."""
    media = _rules()
    _add(media, (20, 0))
    media.settle(_listing((20, 0)))
    media.part(_url(20, 1), GOOD.part("v360", 20, 2))

    assert "B5" in [finding.rule for finding in media.settle(_listing((20, 1)))]


def test_a_new_program_begins_its_own_time_line() -> None:
    """After EXT-X-DISCONTINUITY tfdt may begin anew."""
    media = _rules()
    _add(media, (20, 3))
    media.settle(_listing((20, 3)))
    media.part(_url(21, 0), GOOD.part("v360", 0, 0))

    assert media.settle(_listing((21, 0), GOOD.but(discontinuity=21))) == []


def test_a_part_that_never_arrives_blocks_nothing_for_long() -> None:
    """After some later parts have arrived the missing one is passed over."""
    media = _rules()
    _add(media, (20, 0))
    media.settle(_listing((20, 0)))
    later = [(20, 2), (20, 3), (21, 0), (21, 1), (21, 2), (21, 3)]
    assert len(later) == MAX_WAIT
    _add(media, *later)

    assert media.settle(_listing((21, 3))) == []
    media.part(_url(22, 0), GOOD.part("v360", 22, 1))
    assert media.settle(_listing((22, 0))) != []


def test_a_segment_is_its_parts() -> None:
    """The bytes of a segment are its parts' one after the other."""
    media = _rules()
    _add(media, *((20, index) for index in range(4)))
    media.settle(_listing((20, 3)))
    good, bad = GOOD.segment("v360", 20), GOOD.segment("v360", 20)[:-1] + b"!"
    listed = _listing((20, 3)).segments[-1]

    assert media.segment(_url(20), good, listed) == []
    assert [f.rule for f in media.segment(_url(20), bad, listed)] == ["A3.4"]


def test_a_segment_begins_independent_and_is_as_long_as_listed() -> None:
    """A segment is judged by itself where its parts were not seen."""
    media = _rules()
    late = b"".join(GOOD.part("v360", 20, index) for index in (1, 2, 3))

    listed = _listing((20, 3)).segments[-1]

    assert {f.rule for f in media.segment(_url(20), late, listed)} == {"A2.2", "A2.4"}


def test_a_gap_is_a_hole_that_was_announced() -> None:
    """Neither the parts around a GAP=YES part nor its segment break a rule of continuity."""
    gap = read(GOOD.playlist("v360", (20, 3)).replace('20.1.m4s"', '20.1.m4s",GAP=YES'), URL)
    media = _rules()
    _add(media, (20, 0), (20, 2), (20, 3))
    without = b"".join(GOOD.part("v360", 20, index) for index in (0, 2, 3))

    assert media.settle(gap) == []
    assert media.segment(_url(20), without, gap.segments[-1]) == []
    far = read(GOOD.playlist("v360", (26, 0)), URL)
    listed = next(segment for segment in far.segments if segment.msn == 20)
    assert not listed.parts
    assert media.segment(_url(20), without, listed) == []


def test_a_bit_rate_far_above_the_declared_one_is_noticed() -> None:
    """125 % of BANDWIDTH is the limit for each segment."""
    media = _rules()
    media.bandwidth = 50_000
    _add(media, *((20, index) for index in range(4)))

    assert [f.rule for f in media.settle(_listing((20, 3)))] == ["A10"]


def test_garbage_is_noticed_and_does_no_harm() -> None:
    """Unreadable media is B1 or B2, and what follows is judged as before."""
    media = MediaRules()
    assert [f.rule for f in media.init(b"garbage!")] == ["B1"]
    media = _rules()
    media.part(_url(20, 0), b"\x00\x00\x01\x00moof")
    assert [f.rule for f in media.settle(_listing((20, 0)))] == ["B2"]
    _add(media, (20, 1), (20, 2))

    assert media.settle(_listing((20, 2))) == []


def test_what_is_never_listed_is_bounded() -> None:
    """Bodies that the playlist never names go, counted."""
    media = _rules()
    for number in range(MAX_PENDING + 3):
        media.part(f"http://host/{number}", b"x")

    assert media.dropped == 3
