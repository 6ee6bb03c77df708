"""One room on this node, while somebody here subscribes to it.

Comes in: changes of the stage, subscribers, the time. Goes out: calls to each subscriber when what
it gets may change; questions to publishers for key frames, however many want one. What flows, who
speaks and what is due is found out once for all subscribers.
"""

from collections.abc import Callable, Iterator

import structlog

from cascade.events import SPEAKER, VIEWERS
from cascade.keyframes import KeyFrames
from cascade.meter import Meter
from cascade.seating import View
from cascade.slots import MIN_STAY_NS
from cascade.speakers import SILENCE, Speakers
from cascade.stage import Stage
from cascade.subscriber import Subscriber, Surroundings
from levelchat.media.stage import Publication

BATCH = 25
"""Subscribers for whom nothing changes that are looked after before others have their turn."""

_log = structlog.get_logger("cascade")


class Room:
    """A `StageWatcher`, and the `Stand` of its subscribers."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        around: Surroundings,
        gone: Callable[[Subscriber], None],
        hurry: Callable[[], None],
    ) -> None:
        self.name = name
        self._stage = stage
        self._around = around
        self._gone = gone
        self._hurry = hurry
        """Called when there is work that should not wait for the next look."""
        self._meter = Meter(around.endpoint.forwarder.source_stats)
        self._key_frames = KeyFrames()
        self._speakers = Speakers()
        self._publishers: dict[int, Publication] = {}
        """By source."""
        self._subscribers: dict[Subscriber, None] = {}
        self._stale: dict[Subscriber, None] = {}
        self._again_ns = 0
        """When whoever found only seats that were taken too freshly may have one; 0: never."""
        self._told = 0
        """Viewers, as subscribers were told of them."""

    def __len__(self) -> int:
        return len(self._subscribers)

    def open(self) -> None:
        """Begins to watch the stage."""
        self._stage.watch(self.name, self)
        self._learn()
        self._meter.look(self._publishers, self._around.clock.now_ns())

    def close(self) -> None:
        """The last subscriber left."""
        self._stage.unwatch(self.name, self)

    # -- the stage

    def on_published(self, publication: Publication) -> None:  # noqa: ARG002 - the seam's
        """Somebody new: whoever has a free slot gets them."""
        self._change()

    def on_replaced(self, former: Publication, publication: Publication) -> None:
        """At once: the former's sources are closed soon."""
        self._learn()
        now_ns = self._around.clock.now_ns()
        for gone, track in zip(former.tracks, publication.tracks, strict=False):
            for before, layer in zip(gone.layers, track.layers, strict=False):
                if before.rid == layer.rid:
                    self._meter.take_over(before.source, layer.source, now_ns)
        for subscriber in tuple(self._subscribers):
            self._arrange(subscriber, now_ns)

    def on_unpublished(self, publication: Publication) -> None:  # noqa: ARG002 - the seam's
        """Their slots are free; if they spoke, nobody does, which the next look finds out."""
        self._change()

    # -- subscribers

    def view(self, subscriber: Subscriber) -> View:
        """All but itself, or the one whom it asked for."""
        only, own = subscriber.only, subscriber.identity
        there = [
            publication
            for publication in self._stage.publications(self.name)
            if (publication.identity == only if only else publication.identity != own)
        ]
        return View(there, self._speakers.spoke, self._meter.flows)

    def enter(self, subscriber: Subscriber) -> None:
        """It is connected, and hears what is so."""
        self._subscribers[subscriber] = None
        self._tell_speaker(subscriber)
        # Should another leave now, the count is what it was, and yet this one was not told of it.
        self._told = 0

    def on_wanted(self, source: int, now_ns: int) -> None:
        """Asked for now, or when its time has come."""
        self._count(source, now_ns)
        if self._key_frames.wanted(source, now_ns):
            self._request(source)

    def on_joined(self, source: int, now_ns: int) -> None:
        """Whoever begins is shown a picture that is not old."""
        self._count(source, now_ns)
        if self._key_frames.joined(source, now_ns):
            self._request(source)

    def on_end(self, subscriber: Subscriber) -> None:
        """Nothing is kept of it."""
        self._stale.pop(subscriber, None)
        self._subscribers.pop(subscriber, None)
        self._gone(subscriber)

    # -- the time

    def work(self, now_ns: int) -> Iterator[None]:
        """Looks at all; yields where others may have their turn."""
        self._look(now_ns)
        self._tell_viewers()
        yield
        for place, subscriber in enumerate(tuple(self._subscribers)):
            is_stale = subscriber in self._stale
            if is_stale:
                del self._stale[subscriber]
                self._arrange(subscriber, now_ns)
            self._watch_over(subscriber, now_ns)
            # On a full stage one is a millisecond's work.
            if is_stale or place % BATCH == BATCH - 1:
                yield

    def _look(self, now_ns: int) -> None:
        if self._meter.look(self._publishers, now_ns):
            self._change()
        for source, count in self._meter.key_frames.items():
            self._key_frames.count(source, count, now_ns)
        for source in self._key_frames.due(now_ns):
            self._request(source)
        if self._speakers.hear(self._levels(), now_ns):
            self._again_ns = now_ns + MIN_STAY_NS
            for subscriber in self._subscribers:
                self._tell_speaker(subscriber)
            self._seat_anew()
        elif self._again_ns and now_ns >= self._again_ns:
            self._again_ns = 0
            self._seat_anew()

    def _levels(self) -> dict[str, int]:
        """The loudest of each session."""
        levels: dict[str, int] = {}
        for source, publication in self._publishers.items():
            level = self._meter.levels.get(source, SILENCE)
            session = publication.session
            levels[session] = min(levels.get(session, SILENCE), level)
        return levels

    def _seat_anew(self) -> None:
        """Those who have fewer seats than there are people: the others have them all."""
        there = len(self._stage.publications(self.name))
        self._stale.update(
            (subscriber, None) for subscriber in self._subscribers if subscriber.seats < there
        )

    def _tell_speaker(self, subscriber: Subscriber) -> None:
        subscriber.events.tell(SPEAKER, {"session": self._speakers.current or None})

    def _tell_viewers(self) -> None:
        count = len(self._subscribers)
        if count != self._told:
            self._told = count
            for subscriber in self._subscribers:
                subscriber.events.tell(VIEWERS, {"viewercount": count})

    def _change(self) -> None:
        self._learn()
        self._stale.update(self._subscribers)
        # Whoever may have the seat of somebody who came just now gets it then.
        self._again_ns = self._around.clock.now_ns() + MIN_STAY_NS
        self._hurry()

    def _learn(self) -> None:
        self._publishers = {
            layer.source: publication
            for publication in self._stage.publications(self.name)
            for track in publication.tracks
            for layer in track.layers
        }
        self._key_frames.keep(frozenset(self._publishers))

    def _count(self, source: int, now_ns: int) -> None:
        # One that came since the last look does not help whoever wants one now.
        stats = self._around.endpoint.forwarder.source_stats(source)
        self._key_frames.count(source, stats.key_frames, now_ns)

    def _request(self, source: int) -> None:
        publication = self._publishers.get(source)
        if publication is not None:
            self._around.metrics.key_frame_requests.inc()
            try:
                publication.request_key_frame(source)
            except Exception:  # noqa: BLE001 - a publisher's defect costs no subscriber
                _log.exception("a key frame was not asked for", session=publication.session)

    def _arrange(self, subscriber: Subscriber, now_ns: int) -> None:
        try:
            subscriber.arrange(now_ns)
        except Exception:  # noqa: BLE001 - a defect costs one subscriber, not the room
            _fail(subscriber)

    def _watch_over(self, subscriber: Subscriber, now_ns: int) -> None:
        try:
            subscriber.look(now_ns)
        except Exception:  # noqa: BLE001 - a defect costs one subscriber, not the room
            _fail(subscriber)


def _fail(subscriber: Subscriber) -> None:
    _log.exception("a subscriber was not looked after", session=subscriber.session)
    subscriber.close("internal error; the log has it")
