"""One WHEP session: what a subscriber gets on its slots, from its first packet to its end.

Comes in: its peer's events, changes of its room, its wishes, the time. Goes out: selections to the
forwarding core, questions for key frames, events to its listeners. What goes where is decided by
`seating` and `bandwidth`; no packet passes through here.
"""

import secrets
from typing import Protocol

import msgspec
import structlog

from cascade import roster
from cascade.bandwidth import PROBE_MS, Bandwidth, Sample
from cascade.errors import AnswerNotDue, SlotNotFound
from cascade.events import ACTIVE, INACTIVE, LAYERS, TRACKS, Events
from cascade.metrics import CascadeMetrics
from cascade.seating import Content, Seating, View
from cascade.wishes import Wish
from levelchat.clock import Clock
from levelchat.media.codec import Kind
from levelchat.media.time import NANOSECOND
from levelchat.rtc import offering
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.forward.seams import Selection
from levelchat.rtc.peer import Peer
from levelchat.rtc.sdp import IceParameters, Offer
from levelchat.rtc.subscribe import Outgoing, Slot
from levelchat.service.presence import Membership

SECOND_NS = NANOSECOND
_KEY_BYTES = 24
"""192 random bits: the URL of a session must not be guessed."""
_BITS = 8
_NOTHING = Selection()

_log = structlog.get_logger("cascade")


class Surroundings(msgspec.Struct, frozen=True):
    """What every subscriber stands on."""

    endpoint: RtcEndpoint
    clock: Clock
    metrics: CascadeMetrics


class Stand(Protocol):
    """The room of a subscriber, as it sees it."""

    def view(self, subscriber: "Subscriber") -> View:
        """What it may have."""

    def enter(self, subscriber: "Subscriber") -> None:
        """It is connected."""

    def on_wanted(self, source: int, now_ns: int) -> None:
        """It waits for a key frame of the source."""

    def on_joined(self, source: int, now_ns: int) -> None:
        """It begins to watch the source."""

    def on_end(self, subscriber: "Subscriber") -> None:
        """It is over."""


class _Sent(msgspec.Struct):
    """One outlet."""

    slot: Slot
    outlet: int
    selection: Selection = _NOTHING
    bytes: int = 0
    packets: int = 0
    reports: int = 0


class Subscriber:
    """`begin`, then `answer` where we offered; its peer's events and its room do the rest."""

    def __init__(self, place: Membership, only: str, around: Surroundings, stand: Stand) -> None:
        self.key = secrets.token_urlsafe(_KEY_BYTES)
        """The secret part of its URL."""
        self.room = place.grant.media_id
        self.identity = place.grant.identity
        self.only = only
        """The identity that it subscribes to; empty: all."""
        self.events = Events()
        self.remote_ice: IceParameters | None = None
        """None until the answer to our offer."""
        self._place = place
        self._around = around
        self._stand = stand
        self._peer: Peer | None = None
        self._seating = Seating(())
        self._outgoing: dict[int, Outgoing] = {}
        self._offered: tuple[offering.SentTrack, ...] = ()
        self._sent: dict[int, _Sent] = {}
        self._outlets: dict[int, _Sent] = {}
        self._contents: dict[int, Content] = {}
        self._bandwidth = Bandwidth()
        self._begun_ns = around.clock.monotonic_ns()
        self._second_ns = 0
        self._log = _log.bind(room=self.room, session=place.session, identity=self.identity)

    @property
    def session(self) -> str:
        return self._place.session

    @property
    def etag(self) -> str:
        """The strong entity-tag of the ICE session (RFC 9725 §4.3.1)."""
        return f'"{self.peer.ice.ufrag}"'

    @property
    def peer(self) -> Peer:
        if self._peer is None:
            raise RuntimeError("a subscriber is used before it begins")
        return self._peer

    @property
    def is_connected(self) -> bool:
        return self.peer.is_connected

    @property
    def seats(self) -> int:
        """How many sessions it can have at a time."""
        return self._seating.seats

    @property
    def outgoing(self) -> dict[int, Outgoing]:
        """What its streams are called, by slot."""
        return self._outgoing

    def begin(
        self,
        peer: Peer,
        slots: tuple[Slot, ...],
        outgoing: dict[int, Outgoing],
        remote: IceParameters,
    ) -> None:
        """*peer* is on its way, for an offer of the subscriber's."""
        self._start(peer, outgoing)
        self._seating = Seating(slots)
        self.remote_ice = remote

    def begin_offering(self, peer: Peer, tracks: tuple[offering.SentTrack, ...]) -> None:
        """*peer* is on its way, for an offer of ours."""
        names = {
            place: Outgoing(track.ssrc, track.rtx_ssrc, track.cname, track.stream, track.track)
            for place, track in enumerate(tracks)
        }
        self._start(peer, names)
        self._offered = tracks

    def answer(self, answer: Offer) -> None:
        """The subscriber's answer to our offer; raises `AnswerNotDue`, or what is wrong in it."""
        if not self._offered or self.remote_ice is not None:
            raise AnswerNotDue("this session was not offered anything that is still to answer")
        taken = offering.read_answer(answer, self._offered)
        self._seating = Seating([item.slot for item in taken if item.slot is not None])
        self.remote_ice = answer.ice
        self.peer.accept(answer)

    def restart_ice(self, remote: IceParameters) -> IceParameters:
        """The peer has new credentials, and so have we."""
        self.remote_ice = remote
        return self.peer.restart_ice()

    def wish(self, wish: Wish) -> None:
        """The newest for its slot; raises `SlotNotFound`."""
        slot = self._slot(wish.media_id)
        if self._seating.wishes.get(slot.index) != wish:
            self._seating.wishes[slot.index] = wish
            self.arrange(self._around.clock.now_ns())

    def forget_wish(self, mid: str) -> None:
        """The slot's layer is the server's choice again; an empty *mid*: each slot's."""
        slots = [self._slot(mid)] if mid else list(self._seating.slots)
        for slot in slots:
            self._seating.wishes.pop(slot.index, None)
        self.arrange(self._around.clock.now_ns())

    def close(self, reason: str) -> None:
        """Ends it; `on_closed` does the rest."""
        self.peer.close(reason)

    # -- the room

    def arrange(self, now_ns: int) -> None:
        """Brings every slot to what it should carry now."""
        if not self._sent:
            return
        view = self._stand.view(self)
        self._contents = self._seating.arrange(view, self._bandwidth.budget, now_ns)
        for index, sent in self._sent.items():
            content = self._contents.get(index)
            self._select(sent, content.selection if content else _NOTHING, now_ns)
        there = self._contents.values()
        self.events.tell(TRACKS, roster.tracks(there))
        self.events.tell(LAYERS, roster.layers(there))
        self.events.tell(ACTIVE if self._contents else INACTIVE, {})

    def look(self, now_ns: int) -> None:
        """Once a second, how much it can take is judged anew."""
        if not self._sent or now_ns - self._second_ns < SECOND_NS:
            return
        sample = self._sample(now_ns)
        former = self._bandwidth.budget
        verdict = self._bandwidth.second(sample, now_ns)
        if verdict.budget != former:
            self._log.debug("budget changes", bits=verdict.budget, sent=sample.sent)
            self.arrange(now_ns)
        if verdict.probe:
            self._probe(verdict.probe)

    # -- the peer

    def on_connected(self) -> None:
        """Each slot becomes an outlet, and what is there begins to flow."""
        if self._sent:
            return
        for slot in self._seating.slots:
            named = self._outgoing[slot.index]
            config = slot.outlet_config(named.ssrc, named.rtx_ssrc)
            outlet = self._around.endpoint.open_outlet(self.peer, config, self)
            self._sent[slot.index] = self._outlets[outlet] = _Sent(slot, outlet)
        now_ns = self._around.clock.now_ns()
        self._second_ns = now_ns
        self._stand.enter(self)
        self.arrange(now_ns)
        self._log.info("subscriber connected", slots=len(self._sent))

    def on_stray(self, packet: bytes, now_ns: int) -> None:
        """Subscribers send no media."""

    def on_rtcp(self, packet: bytes, now_ns: int) -> None:
        """The core has answered what there was to answer."""

    def on_tick(self, now_ns: int) -> None:
        """The room looks after its subscribers."""

    def on_closed(self, reason: str) -> None:
        """The peer is gone, by its will, ours, or silence."""
        for outlet in self._outlets:
            self._around.endpoint.close_outlet(outlet)
        self._sent, self._outlets = {}, {}
        self.events.close()
        self._place.leave(self._place.end_reason or "left")
        self._stand.on_end(self)
        seconds = (self._around.clock.monotonic_ns() - self._begun_ns) / NANOSECOND
        self._log.info("subscriber ends", reason=reason, seconds=round(seconds, 1))

    # -- outlets

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:
        """Its picture broke, or begins."""
        sent = self._outlets.get(outlet)
        # Whoever asks for key frames of sound asks for nothing.
        if sent is not None and sent.selection.source and sent.slot.kind is Kind.VIDEO:
            self._stand.on_wanted(sent.selection.source, now_ns)

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        """As it was told."""

    def _start(self, peer: Peer, outgoing: dict[int, Outgoing]) -> None:
        self._peer, self._outgoing = peer, outgoing
        peer.wants_ticks = False
        self._place.on_end = self.close

    def _slot(self, mid: str) -> Slot:
        slot = self._seating.slot_of(mid)
        if slot is None:
            raise SlotNotFound(f"no m-line that receives has the mid {mid[:40]!r}")
        return slot

    def _select(self, sent: _Sent, selection: Selection, now_ns: int) -> None:
        if selection == sent.selection:
            return
        source, former = selection.source, sent.selection.source
        sent.selection = selection
        self._around.endpoint.forwarder.select(sent.outlet, selection)
        if source and source != former and sent.slot.kind is Kind.VIDEO:
            self._stand.on_joined(source, now_ns)

    def _sample(self, now_ns: int) -> Sample:
        forwarder = self._around.endpoint.forwarder
        passed_ns, self._second_ns = max(now_ns - self._second_ns, 1), now_ns
        grown = reported = lost = 0
        for sent in self._sent.values():
            stats = forwarder.outlet_stats(sent.outlet)
            grown += stats.bytes - sent.bytes
            if stats.reports != sent.reports:
                # A few packets' loss says less than many's.
                reported += stats.packets - sent.packets
                lost += stats.fraction_lost * (stats.packets - sent.packets)
            sent.bytes, sent.packets, sent.reports = stats.bytes, stats.packets, stats.reports
        route = forwarder.route_stats(self.peer.route)
        rate = grown * _BITS * NANOSECOND // passed_ns
        loss = lost // reported if reported else None
        pads = self._padded() is not None
        return Sample(rate, self._seating.wanted, loss, route.remb, route.remb_ns, pads)

    def _probe(self, bitrate: int) -> None:
        sent = self._padded()
        if sent is not None:
            self._around.endpoint.forwarder.probe(sent.outlet, bitrate, PROBE_MS)

    def _padded(self) -> _Sent | None:
        """A picture beside which padding can go out."""
        return next(
            (
                sent
                for sent in self._sent.values()
                if sent.slot.kind is Kind.VIDEO and sent.selection.source
            ),
            None,
        )
