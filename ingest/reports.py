"""What rooms is told of one publisher's stream: that it flows, how well, and that it ended.

Comes in: counts of its tracks, and the time. Goes out: messages on the bus, which may be lost:
nothing is built on them but webhooks and notices.
"""

from collections.abc import Sequence

from levelchat.bus.messages import Quality, StreamStarted, StreamStopped
from levelchat.bus.seams import REPORTS, Bus
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from levelchat.rtc.receiver import TrackStats
from levelchat.service.presence import Membership

QUALITY_NS = 5 * NANOSECOND
_MILLI_NS = 1_000_000


class StreamReports:
    """One session's."""

    def __init__(self, bus: Bus, clock: Clock, place: Membership) -> None:
        self._bus = bus
        self._clock = clock
        self._place = place
        self._due_ns = 0
        self._sent = self._missing = 0
        self._is_live = False

    def start(self, kinds: Sequence[str], now_ns: int) -> None:
        """Its media flow."""
        self._is_live = True
        self._due_ns = now_ns + QUALITY_NS
        grant = self._place.grant
        self._bus.publish(
            REPORTS,
            StreamStarted(
                grant.media_id, self._place.session, grant.identity, tuple(kinds), self._at()
            ),
        )

    def stop(self, reason: str) -> None:
        """They do no more."""
        if not self._is_live:
            return
        self._is_live = False
        grant = self._place.grant
        self._bus.publish(
            REPORTS,
            StreamStopped(grant.media_id, self._place.session, grant.identity, reason, self._at()),
        )

    def due(self, now_ns: int) -> bool:
        """Its quality is to be told."""
        return self._is_live and now_ns >= self._due_ns

    def tell(self, tracks: Sequence[TrackStats], now_ns: int) -> None:
        """How its packets came since the time before."""
        self._due_ns = now_ns + QUALITY_NS
        # What came by retransmission was lost on its way too.
        missing = sum(track.lost + track.recovered for track in tracks)
        sent = sum(track.packets + track.lost for track in tracks)
        missed, expected = missing - self._missing, sent - self._sent
        self._missing, self._sent = missing, sent
        grant = self._place.grant
        self._bus.publish(
            REPORTS,
            Quality(
                media_id=grant.media_id,
                identity=grant.identity,
                # We send publishers no media and no checks, so that none of theirs tells it.
                rtt_ms=0.0,
                fraction_lost=min(missed / expected, 1.0) if expected > 0 else 0.0,
                at=self._at(),
            ),
        )

    def _at(self) -> int:
        return self._clock.wall_ns() // _MILLI_NS
