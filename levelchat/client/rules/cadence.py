"""Rules on when a media playlist came: held as asked, and new parts often enough.

Comes in: the exchanges of one media playlist in order, with their readings. Goes out: findings.
"""

from collections.abc import Iterator

from levelchat.client.rules.finding import Exchange, Finding
from levelchat.client.rules.reading import Listing
from levelchat.client.rules.transport import directives

TOLERANCE_NS = 250_000_000
"""What two processes and a network may add to a server's own punctuality before a viewer calls
it late: half of a half-second part."""

_UNAVAILABLE = 503
_OK = 200


class Cadence:
    """The publication times of one media playlist, as its client saw them."""

    def __init__(self, tolerance_ns: int = TOLERANCE_NS) -> None:
        self._tolerance_ns = tolerance_ns
        self._target_ns = 0
        self._newest: tuple[int, int] | None = None
        self._newest_ns = 0
        self._answered_ns = 0

    def observe(self, exchange: Exchange, listing: Listing | None) -> Iterator[Finding]:
        """The next exchange; *listing* is None when it brought no playlist."""
        if listing is not None:
            self._target_ns = listing.target_ns
        yield from self._hold(exchange)
        if listing is not None and exchange.status == _OK:
            yield from self._answer(exchange, listing)
            yield from self._gap(exchange, listing)
            self._answered_ns = exchange.received_ns

    def _hold(self, exchange: Exchange) -> Iterator[Finding]:
        held = exchange.received_ns - exchange.sent_ns
        limit = 3 * self._target_ns
        # §6.2.5.2: "SHOULD return HTTP 503 … after three Target Durations"
        if limit and held > limit + self._tolerance_ns:
            yield Finding("A5.7", "held longer than three target durations", f"{held} ns")

    def _answer(self, exchange: Exchange, listing: Listing) -> Iterator[Finding]:
        msn, part = directives(exchange.url)
        if msn is None or listing.ended:
            return
        # §6.2.5.2: "MUST defer responding … until the Playlist contains a Media Segment with
        # Media Sequence Number of N or later", or that part of it
        closed = {segment.msn for segment in listing.segments if segment.url}
        last, index = listing.newest
        there = last > msn or msn in closed or (part is not None and (last, index) >= (msn, part))
        if not there:
            rule = "A5.1" if part is None else "A5.2"
            seen = f"asked {msn}, {part}; newest {last}, {index}"
            yield Finding(rule, "a blocking reload was answered too early", seen)

    def _gap(self, exchange: Exchange, listing: Listing) -> Iterator[Finding]:
        newest = listing.newest
        if self._newest is not None and newest <= self._newest:
            return
        before, self._newest = self._newest_ns, newest
        self._newest_ns = exchange.received_ns
        # Whoever was not waiting when a part came cannot tell when it came.
        waiting = 0 <= exchange.sent_ns - self._answered_ns < self._tolerance_ns
        gap = exchange.received_ns - before
        limit = listing.part_target_ns
        # §6.2.1: "MUST" make a new part available "within one Part Target Duration" of the last
        if before and waiting and limit and gap > limit + self._tolerance_ns and not listing.ended:
            seen = f"{gap} ns until {newest}; PART-TARGET {limit} ns"
            yield Finding("A2.7", "a new part came late", seen)
