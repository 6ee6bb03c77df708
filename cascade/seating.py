"""What each slot of one subscriber carries: whom, and which layer of them.

Comes in: slots, what is published and flows in the room, wishes, a budget. Goes out: the content
of each slot that has any, and what it would cost to give all that is wished for. Pure: it keeps
who sat where, and moves no packet.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from cascade import allocation, layers, slots
from cascade.allocation import Ask
from cascade.layers import Flow, Option
from cascade.slots import Fits, Seat, Sitting, TrackKey
from cascade.wishes import Wish
from levelchat.media.codec import Kind
from levelchat.media.stage import Publication, PublishedTrack
from levelchat.rtc.forward.seams import Selection
from levelchat.rtc.subscribe import Slot

SOUND = 64_000
"""Bits a second that are kept free for each slot with sound."""


class View(msgspec.Struct, frozen=True):
    """A room, as one subscriber may see it."""

    publications: Sequence[Publication]
    spoke: Mapping[str, int]
    """When each session spoke last."""
    flows: Mapping[int, Flow]


class Content(NamedTuple):
    """Of one slot."""

    slot: Slot
    publication: Publication
    track: PublishedTrack
    option: Option | None
    """None: there is no room for it, or it was not wished for."""
    selection: Selection


class Seating:
    """One subscriber's."""

    def __init__(self, offered: Sequence[Slot]) -> None:
        self.slots = tuple(offered)
        self.wishes: dict[int, Wish] = {}
        """By slot."""
        self.wanted = 0
        """Bits a second of all that was aimed for when this was last arranged."""
        self._fits = Fits(self.slots)
        self._seats: tuple[Seat, ...] = slots.seats(self.slots)
        self._sitting: dict[int, Sitting] = {}

    @property
    def seats(self) -> int:
        """How many sessions can be carried at a time."""
        return len(self._seats)

    def slot_of(self, mid: str) -> Slot | None:
        """The slot of that m-line."""
        return next((slot for slot in self.slots if slot.mid == mid), None)

    def arrange(self, view: View, budget: int | None, now_ns: int) -> dict[int, Content]:
        """The content of each slot, by its index."""
        ranked = slots.candidates(view.publications, self._fits, view.spoke)
        self._sitting = slots.place(self._seats, ranked, self._sitting, now_ns)
        rank = {candidate.session: place for place, candidate in reversed([*enumerate(ranked)])}
        keys = slots.contents(self._seats, ranked, self._sitting)
        by_rank = sorted(keys.items(), key=lambda item: rank[item[1].session])
        return self._contents(dict(by_rank), view, budget)

    def _contents(
        self, keys: Mapping[int, TrackKey], view: View, budget: int | None
    ) -> dict[int, Content]:
        published = {publication.session: publication for publication in view.publications}
        tracks = {index: published[key.session].tracks[key.index] for index, key in keys.items()}
        found = {index: layers.options(track, view.flows) for index, track in tracks.items()}
        given = self._share(tracks, found, budget)
        offered = {slot.index: slot for slot in self.slots}
        return {
            index: self._content(
                offered[index], published[key.session], tracks[index], given.get(index)
            )
            for index, key in keys.items()
        }

    def _share(
        self,
        tracks: Mapping[int, PublishedTrack],
        found: Mapping[int, tuple[Option, ...]],
        budget: int | None,
    ) -> dict[int, Option | None]:
        there = [index for index in tracks if not self._is_paused(index)]
        sound = [index for index in there if tracks[index].kind is Kind.AUDIO]
        asks = [
            Ask(index, found[index], layers.aim(found[index], self.wishes.get(index)))
            for index in there
            if tracks[index].kind is Kind.VIDEO
        ]
        kept = SOUND * len(sound)
        self.wanted = allocation.cost(asks) + kept
        left = None if budget is None else max(budget - kept, 0)
        given = allocation.allocate(asks, left)
        return given | {index: found[index][-1] for index in sound}

    def _is_paused(self, index: int) -> bool:
        wish = self.wishes.get(index)
        return wish is not None and wish.paused

    def _content(
        self,
        slot: Slot,
        publication: Publication,
        track: PublishedTrack,
        option: Option | None,
    ) -> Content:
        if option is None:
            return Content(slot, publication, track, None, Selection())
        chosen = self._fits.of(track)[slot.index]
        selection = Selection(
            source=option.source,
            payload_type=chosen.payload_type,
            rtx_payload_type=chosen.rtx_payload_type,
            spatial=option.spatial,
            temporal=option.temporal,
            replay=track.kind is Kind.VIDEO,
        )
        return Content(slot, publication, track, option, selection)
