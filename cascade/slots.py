"""Who of a room is in which slots of one subscriber.

Comes in: the slots that its SDP has, what is published in order of rank, who was where. Goes out:
who is where now. Pure: it moves nothing, and reads no clock.

A *seat* is a slot for a picture and one for sound, or only one of them: one session sits in it, so
that both can be played in step. A *candidate* is what one session would have in one seat.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.media.stage import Publication, PublishedTrack
from levelchat.media.time import NANOSECOND
from levelchat.rtc.subscribe import Slot, SlotFormat

MIN_STAY_NS = 2 * NANOSECOND
"""Nobody loses a seat sooner to somebody who speaks: two who interrupt each other would
flicker."""


MAX_KINDS = 64
"""Of tracks whose fits are remembered: codecs, with what publishers say of theirs."""


class Fits:
    """Which slots can carry a track, and as what: asked at each change, found out once."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._known: dict[tuple[Codec, str, bool], dict[int, SlotFormat]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, track: PublishedTrack) -> Mapping[int, SlotFormat]:
        """By the slot's index."""
        kind = track.codec, track.fmtp, track.red
        found = self._known.get(kind)
        if found is None:
            found = {
                slot.index: chosen
                for slot in self._slots
                if slot.kind is track.kind
                and (chosen := slot.format_for(track.codec, track.fmtp, red=track.red)) is not None
            }
            if len(self._known) >= MAX_KINDS:
                self._known.clear()
            self._known[kind] = found
        return found


class TrackKey(msgspec.Struct, frozen=True):
    """One track of a room."""

    session: str
    index: int
    """Among the publication's tracks."""


class Seat(msgspec.Struct, frozen=True):
    """Slots that one session fills together."""

    video: int | None
    """Index of the slot."""
    audio: int | None

    def slot(self, kind: Kind) -> int | None:
        return self.video if kind is Kind.VIDEO else self.audio


class Offered(msgspec.Struct, frozen=True):
    """One track that a candidate has."""

    key: TrackKey
    kind: Kind
    fits: Mapping[int, SlotFormat]
    """Slots whose peer can decode it."""


class Candidate(msgspec.Struct, frozen=True):
    """At most one picture and one sound of one session."""

    session: str
    part: int
    """Whoever publishes two pictures has two."""
    tracks: tuple[Offered, ...]
    programme: bool = False
    spoke_ns: int = 0
    """When it spoke last; 0: never."""

    @property
    def key(self) -> tuple[str, int]:
        return self.session, self.part

    def beats(self, other: "Candidate") -> bool:
        """It may take the other's seat: by rank, where who is there longer is no better."""
        if self.part != other.part:
            return self.part < other.part
        if self.programme != other.programme:
            return self.programme
        return self.spoke_ns > other.spoke_ns


class Sitting(NamedTuple):
    """Who is in a seat."""

    candidate: tuple[str, int]
    since_ns: int


def seats(slots: Sequence[Slot]) -> tuple[Seat, ...]:
    """The slots in pairs, in the order of their m-lines."""
    video = [slot.index for slot in slots if slot.kind is Kind.VIDEO]
    audio = [slot.index for slot in slots if slot.kind is Kind.AUDIO]
    return tuple(Seat(*pair) for pair in zip_longest(video, audio))


def candidates(
    publications: Iterable[Publication],
    fits: Fits,
    spoke: Mapping[str, int],
) -> tuple[Candidate, ...]:
    """What may be sent, by rank: the programme, then who spoke last, then who is there longest."""
    found = [
        candidate
        for publication in publications
        for candidate in _candidates(publication, fits, spoke.get(publication.session, 0))
    ]
    found.sort(
        key=lambda candidate: (candidate.part, not candidate.programme, -candidate.spoke_ns)
    )
    return tuple(found)


def place(
    seats: Sequence[Seat],
    ranked: Sequence[Candidate],
    sitting: Mapping[int, Sitting],
    now_ns: int,
) -> dict[int, Sitting]:
    """Who sits where from now on. Whoever sits well stays; newcomers take what is free; where
    nothing is, those who may take the seat of the last of those whom they beat.
    """
    known = {candidate.key: candidate for candidate in ranked}
    placed = {
        number: sits
        for number, sits in sitting.items()
        if sits.candidate in known and carried(seats[number], known[sits.candidate])
    }
    for candidate in ranked:
        current = _seat_of(candidate, placed)
        free = _best_free(seats, candidate, placed)
        if current is None:
            chosen = free if free is not None else _taken(seats, candidate, placed, known, now_ns)
            if chosen is not None:
                placed[chosen] = Sitting(candidate.key, now_ns)
        elif free is not None and _worth(seats[free], candidate) > _worth(
            seats[current], candidate
        ):
            placed[free] = placed.pop(current)
    for candidate in ranked:
        # Whoever went over to a better seat left one free.
        if _seat_of(candidate, placed) is None:
            free = _best_free(seats, candidate, placed)
            if free is not None:
                placed[free] = Sitting(candidate.key, now_ns)
    return placed


def contents(
    seats: Sequence[Seat], ranked: Sequence[Candidate], sitting: Mapping[int, Sitting]
) -> dict[int, TrackKey]:
    """The track of each slot that has one."""
    known = {candidate.key: candidate for candidate in ranked}
    return {
        slot: track.key
        for number, sits in sorted(sitting.items())
        if sits.candidate in known
        for slot, track in carried(seats[number], known[sits.candidate])
    }


def carried(seat: Seat, candidate: Candidate) -> list[tuple[int, Offered]]:
    """What of the candidate the seat's slots can have."""
    return [
        (slot, track)
        for track in candidate.tracks
        if (slot := seat.slot(track.kind)) is not None and slot in track.fits
    ]


def _candidates(publication: Publication, known: Fits, spoke_ns: int) -> Iterable[Candidate]:
    offered: dict[Kind, list[Offered]] = {Kind.VIDEO: [], Kind.AUDIO: []}
    for index, track in enumerate(publication.tracks):
        fits = known.of(track)
        if fits:
            key = TrackKey(publication.session, index)
            offered[track.kind].append(Offered(key, track.kind, fits))
    for part, pair in enumerate(zip_longest(offered[Kind.VIDEO], offered[Kind.AUDIO])):
        yield Candidate(
            session=publication.session,
            part=part,
            tracks=tuple(track for track in pair if track is not None),
            programme=publication.programme,
            spoke_ns=spoke_ns,
        )


def _seat_of(candidate: Candidate, placed: Mapping[int, Sitting]) -> int | None:
    return next(
        (number for number, sits in placed.items() if sits.candidate == candidate.key), None
    )


def _worth(seat: Seat, candidate: Candidate) -> tuple[int, int]:
    """How much of the candidate it carries, and then how little of it stays empty."""
    sent = len(carried(seat, candidate))
    room = (seat.video is not None) + (seat.audio is not None)
    return sent, sent - room


def _best_free(
    seats: Sequence[Seat], candidate: Candidate, placed: Mapping[int, Sitting]
) -> int | None:
    free = [
        number
        for number, seat in enumerate(seats)
        if number not in placed and carried(seat, candidate)
    ]
    return max(free, key=lambda number: (*_worth(seats[number], candidate), -number), default=None)


def _taken(
    seats: Sequence[Seat],
    candidate: Candidate,
    placed: Mapping[int, Sitting],
    known: Mapping[tuple[str, int], Candidate],
    now_ns: int,
) -> int | None:
    """The seat of the weakest whom the candidate beats."""
    rank = {key: place for place, key in enumerate(known)}
    beaten = [
        number
        for number, sits in placed.items()
        if candidate.beats(known[sits.candidate])
        and now_ns - sits.since_ns >= MIN_STAY_NS
        and carried(seats[number], candidate)
    ]
    return max(beaten, key=lambda number: rank[placed[number].candidate], default=None)
