"""Laws of who is in which slot."""

from random import Random

import offers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade.slots import (
    MAX_KINDS,
    MIN_STAY_NS,
    Candidate,
    Fits,
    Offered,
    Seat,
    Sitting,
    TrackKey,
    candidates,
    carried,
    contents,
    place,
    seats,
)
from levelchat.media.codec import Codec, Kind
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.subscribe import Slot, SlotFormat, subscribe

START = 1_000_000_000_000


def slots(count: int) -> tuple[Slot, ...]:
    """Of a browser that shows so many at a time."""
    return subscribe(parse_offer(offers.receiving(offers.CHROMIUM, count))).slots


def publication(
    session: str, *codecs: Codec, programme: bool = False, source: int = 1
) -> Publication:
    tracks = tuple(
        PublishedTrack(codec, (Layer(source + place),)) for place, codec in enumerate(codecs)
    )
    return Publication(
        "r_1", session, session, session, tracks, lambda _: None, programme=programme
    )


def both(session: str, *, programme: bool = False) -> Publication:
    return publication(session, Codec.OPUS, Codec.VP8, programme=programme)


class Table:
    """One subscriber's seats, as time passes."""

    def __init__(self, count: int) -> None:
        self.slots = slots(count)
        self.fits = Fits(self.slots)
        self.seats = seats(self.slots)
        self.sitting: dict[int, Sitting] = {}

    def seat(
        self, *there: Publication, at: int = START, spoke: dict[str, int] | None = None
    ) -> list[str]:
        """Who sits where now: the session in each seat, empty where nobody does."""
        ranked = candidates(there, self.fits, spoke or {})
        self.sitting = place(self.seats, ranked, self.sitting, at)
        return [
            self.sitting[number].candidate[0] if number in self.sitting else ""
            for number in range(len(self.seats))
        ]


def test_a_picture_and_a_sound_are_a_seat() -> None:
    """In the order of the m-lines; what is left over is one alone."""
    offered = slots(2)
    video = [slot.index for slot in offered if slot.kind is Kind.VIDEO]
    audio = [slot.index for slot in offered if slot.kind is Kind.AUDIO]

    assert seats(offered) == tuple(map(Seat, video, audio))
    assert seats(offered[:1])[0].slot(offered[0].kind) == offered[0].index


def test_whoever_sits_well_stays() -> None:
    """Who comes takes what is free, who goes frees it."""
    table = Table(3)
    assert table.seat(both("a"), both("b")) == ["a", "b", ""]
    assert table.seat(both("b"), both("c")) == ["c", "b", ""]
    assert table.seat(both("d"), both("b"), both("c")) == ["c", "b", "d"]


def test_the_programme_comes_first() -> None:
    """Before whoever speaks, and it takes a seat when there is none."""
    table = Table(1)
    table.seat(both("a"))
    later = START + MIN_STAY_NS

    assert table.seat(both("a"), both("p", programme=True), at=later) == ["p"]
    spoke = {"a": later + 1}
    there = (both("a"), both("p", programme=True))
    assert table.seat(*there, at=2 * later, spoke=spoke) == ["p"]


def test_who_speaks_takes_the_seat_of_who_was_silent_longest() -> None:
    """But not at once: two who interrupt each other would flicker."""
    table = Table(2)
    there = (both("a"), both("b"), both("c"))
    table.seat(*there, spoke={"a": 1})
    spoke = {"a": 1, "c": START}

    assert table.seat(*there, at=START + MIN_STAY_NS - 1, spoke=spoke) == ["a", "b"]
    assert table.seat(*there, at=START + MIN_STAY_NS, spoke=spoke) == ["a", "c"]


def test_two_pictures_of_one_session_are_two_candidates() -> None:
    """A face and a screen; the second comes after everybody's first."""
    table = Table(3)
    screen = publication("a", Codec.OPUS, Codec.VP8, Codec.VP8)

    assert table.seat(screen, both("b")) == ["a", "b", "a"]
    ranked = candidates([screen, both("b")], table.fits, {})
    carried = contents(table.seats, ranked, table.sitting)
    assert len(carried) == 5


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9, Codec.H264, Codec.AV1])
def test_what_cannot_be_decoded_takes_no_seat(codec: Codec) -> None:
    """A browser that offers a codec gets it."""
    fmtp = "packetization-mode=1;profile-level-id=42e01f" if codec is Codec.H264 else ""
    track = PublishedTrack(codec, (Layer(1),), fmtp)
    (found,) = candidates(
        [Publication("r_1", "a", "a", "a", (track,), lambda _: None)], Fits(slots(1)), {}
    )

    assert found.tracks


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[list[int], list[int]]]:
    """Who is there in each moment, and who spoke."""
    people = st.lists(st.integers(0, 6), unique=True)
    return draw(st.lists(st.tuples(people, people), max_size=12))


@given(stories(), st.integers(1, 4))
def test_nobody_sits_twice_and_no_seat_is_wasted(
    story: list[tuple[list[int], list[int]]], count: int
) -> None:
    """Whatever happens."""
    table = Table(count)
    for moment, (there, speaking) in enumerate(story):
        now_ns = START + moment * MIN_STAY_NS
        spoke = {f"s{who}": now_ns for who in speaking}
        before = dict(table.sitting)
        who = [both(f"s{number}", programme=number == 0) for number in there]
        seated = [session for session in table.seat(*who, at=now_ns, spoke=spoke) if session]

        assert len(seated) == len(set(seated)) == min(len(there), count)
        assert set(seated) <= {f"s{number}" for number in there}
        if 0 in there:
            assert "s0" in seated
        for number, sits in before.items():
            # Whoever is still seated is where it was.
            if sits.candidate[0] in seated:
                assert table.sitting[number].candidate == sits.candidate


def test_rank_is_by_part_programme_and_speech() -> None:
    """In this order."""
    quiet = Candidate("a", 0, ())
    loud = Candidate("b", 0, (), spoke_ns=5)
    programme = Candidate("p", 0, (), programme=True)

    assert programme.beats(loud)
    assert loud.beats(quiet)
    assert not quiet.beats(quiet)
    assert not loud.beats(programme)


def test_fits_are_found_out_once() -> None:
    """For tracks of one kind; whoever makes kinds up is not remembered for ever."""
    fits = Fits(slots(2))
    track = PublishedTrack(Codec.VP8, (Layer(1),))

    assert fits.of(track) is fits.of(PublishedTrack(Codec.VP8, (Layer(2),)))
    assert len(fits.of(track)) == 2
    for number in range(3 * MAX_KINDS):
        fits.of(PublishedTrack(Codec.OPUS, (Layer(1),), f"x={number}"))
        assert len(fits) <= MAX_KINDS


ANY = SlotFormat(96, 97)


def crowd(chance: Random) -> list[Candidate]:
    """Candidates by rank, whose tracks fit some of six slots, pictures the even ones."""
    found = []
    for name in chance.sample("abcdefg", chance.randrange(8)):
        programme, spoke = name == "a", chance.randrange(4)
        for part in range(chance.randint(1, 2)):
            tracks = [
                Offered(TrackKey(name, 2 * part + index), kind, dict.fromkeys(fits, ANY))
                for index, kind in enumerate((Kind.VIDEO, Kind.AUDIO))
                if (fits := [slot for slot in range(index, 6, 2) if chance.random() < 0.6])
            ]
            found.append(Candidate(name, part, tuple(tracks), programme, spoke))
    return sorted(found, key=lambda each: (each.part, not each.programme, -each.spoke_ns))


SEATS = (Seat(0, 1), Seat(2, None), Seat(4, 3), Seat(None, 5))


@given(st.integers())
def test_seats_are_given_by_rank(seed: int) -> None:
    """Nobody sits twice or where nothing of them can be carried, no seat is empty that somebody
    without one could have, and whoever loses a seat was beaten, and not too soon.
    """
    chance = Random(seed)
    sitting: dict[int, Sitting] = {}
    now_ns = START
    for _ in range(8):
        now_ns += chance.randrange(MIN_STAY_NS)
        ranked = crowd(chance)
        former, sitting = sitting, place(SEATS, ranked, sitting, now_ns)
        known = {candidate.key: candidate for candidate in ranked}
        seated = [sits.candidate for sits in sitting.values()]

        assert len(seated) == len(set(seated))
        assert all(carried(SEATS[at], known[sits.candidate]) for at, sits in sitting.items())
        free = [seat for number, seat in enumerate(SEATS) if number not in sitting]
        left = [candidate for candidate in ranked if candidate.key not in seated]
        assert not any(carried(seat, candidate) for seat in free for candidate in left)
        for number, sits in former.items():
            loser = known.get(sits.candidate)
            if loser in left and carried(SEATS[number], loser):
                assert known[sitting[number].candidate].beats(loser)
                assert now_ns - sits.since_ns >= MIN_STAY_NS


@given(st.integers())
def test_whoever_beats_is_before_in_rank(seed: int) -> None:
    """So that no two take the same seat from each other again and again."""
    ranked = crowd(Random(seed))
    for place_, candidate in enumerate(ranked):
        assert not any(later.beats(candidate) for later in ranked[place_:])
