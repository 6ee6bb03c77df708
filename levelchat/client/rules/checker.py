"""Checks a recorded sequence of exchanges against every rule that a client can observe.

Comes in: exchanges in the order in which their answers were complete. Goes out: violations. What
a URL stands for it learns from the playlists themselves; it asks for nothing and knows no clock.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from levelchat.client.rules import multivariant, playlist, succession, transport
from levelchat.client.rules.cadence import TOLERANCE_NS, Cadence
from levelchat.client.rules.finding import Account, Exchange, Finding, Violation
from levelchat.client.rules.media import MediaRules
from levelchat.client.rules.reading import Listing, absolute, read
from levelchat.client.rules.renditions import Renditions
from levelchat.client.rules.transport import Resource
from levelchat.media.time import NANOSECOND

MAX_URLS = 4096
"""Media URLs whose meaning is remembered: the parts of an hour's window."""

MAX_REFUSED = 16
"""Hints that were refused and not yet published; a player asks for one at a time."""

_OK = 200
_UNAVAILABLE = 503


class _Playlist:
    """What is known of one media playlist."""

    def __init__(self, tolerance_ns: int) -> None:
        self.newest: Listing | None = None
        self.cadence = Cadence(tolerance_ns)
        self.media = MediaRules()


class Checker:
    """Every rule, over one client's exchanges with one broadcast."""

    def __init__(self, tolerance_ns: int = TOLERANCE_NS) -> None:
        self._tolerance_ns = tolerance_ns
        self._account = Account()
        self._playlists: dict[str, _Playlist] = {}
        self._renditions = Renditions()
        self._media: OrderedDict[str, tuple[Resource, str]] = OrderedDict()
        self._bandwidths: dict[str, int] = {}
        self._refused_hints: OrderedDict[str, int] = OrderedDict()

    def violations(self) -> tuple[Violation, ...]:
        """So far, in the order of their first appearance."""
        return self._account.violations()

    def observe(self, exchange: Exchange) -> None:
        """The next exchange."""
        url = without_directives(exchange.url)
        known = self._media.get(url)
        if known is not None:
            self._observe_media(exchange, url, *known)
        elif exchange.body.startswith(b"#EXT") or url in self._playlists:
            self._observe_text(exchange, url)

    def _observe_text(self, exchange: Exchange, url: str) -> None:
        if exchange.status != _OK:
            self._refused(exchange, url)
            return
        try:
            listing = read(exchange.body.decode(), url)
        except UnicodeDecodeError as error:
            self._add([Finding("A1.1", "a playlist is not UTF-8", str(error))], exchange)
            return
        if listing.has("EXT-X-STREAM-INF") or listing.has("EXT-X-MEDIA"):
            self._observe_multivariant(exchange, listing)
        else:
            self._observe_playlist(exchange, url, listing)

    def _refused(self, exchange: Exchange, url: str) -> None:
        state = self._state(url)
        self._add(state.cadence.observe(exchange, None), exchange)
        if exchange.status != _UNAVAILABLE:
            text = "a media playlist that was there was refused"
            self._add([Finding("A5.4", text, f"HTTP {exchange.status}")], exchange)

    def _observe_multivariant(self, exchange: Exchange, listing: Listing) -> None:
        self._add(multivariant.check(listing), exchange)
        self._add(transport.check(exchange, Resource.MULTIVARIANT, 0), exchange)
        urls = multivariant.media_playlists(listing)
        self._renditions.expect(urls)
        for variant in multivariant.variants(listing):
            self._bandwidths[variant.url] = variant.bandwidth
        for url in urls:
            self._state(url)

    def _observe_playlist(self, exchange: Exchange, url: str, listing: Listing) -> None:
        state = self._state(url)
        seconds = listing.target_ns // NANOSECOND
        self._add(
            transport.check(exchange, Resource.PLAYLIST, seconds, ended=listing.ended), exchange
        )
        self._add(playlist.check(listing), exchange)
        self._add(succession.delta_findings(listing), exchange)
        full = self._merged(state, listing)
        if full is None:
            return
        self._add(state.cadence.observe(exchange, full), exchange)
        # Answers to overlapping requests may overtake each other: only a newer one succeeds.
        if state.newest is None or full.newest >= state.newest.newest or full.ended:
            if state.newest is not None:
                self._add(succession.check(state.newest, full), exchange)
            else:
                self._add(succession.dates(full), exchange)
            self._add(self._renditions.observe(url, full, exchange.received_ns), exchange)
            state.newest = full
            self._remember(url, full)
            self._add(self._kept_hints(full), exchange)
            self._add(state.media.settle(full), exchange)

    def _merged(self, state: _Playlist, listing: Listing) -> Listing | None:
        if state.newest is None:
            return None if listing.skipped else listing
        return succession.merge(state.newest, listing)

    def _remember(self, url: str, listing: Listing) -> None:
        for segment in listing.segments:
            if segment.url is not None:
                self._name(segment.url, Resource.SEGMENT, url)
            for part in segment.parts:
                self._name(part.url, Resource.PART, url)
        for hint in listing.hinted:
            self._name(hint, Resource.PART, url)
        for tag in listing.all("EXT-X-MAP"):
            self._name(absolute(url, tag.attributes.get("URI", "")), Resource.INIT, url)

    def _name(self, url: str, resource: Resource, playlist_url: str) -> None:
        self._media[url] = (resource, playlist_url)
        self._media.move_to_end(url)
        if len(self._media) > MAX_URLS:
            self._media.popitem(last=False)

    def _observe_media(
        self, exchange: Exchange, url: str, resource: Resource, playlist_url: str
    ) -> None:
        state = self._state(playlist_url)
        newest = state.newest
        if exchange.status != _OK:
            self._add(self._missing(exchange, url, resource, newest), exchange)
            return
        seconds = newest.target_ns // NANOSECOND if newest is not None else 0
        self._add(transport.check(exchange, resource, seconds), exchange)
        if resource is Resource.INIT:
            self._add(state.media.init(exchange.body), exchange)
        elif resource is Resource.SEGMENT:
            segments = newest.segments if newest is not None else ()
            listed = next((segment for segment in segments if segment.url == url), None)
            self._add(state.media.segment(url, exchange.body, listed), exchange)
        else:
            state.media.part(url, exchange.body)
            if newest is not None:
                self._add(state.media.settle(newest), exchange)

    def _missing(
        self, exchange: Exchange, url: str, resource: Resource, newest: Listing | None
    ) -> list[Finding]:
        # §6.2.1: "MUST" be downloadable at once when listed; what left the playlist need not be
        if newest is None or resource is Resource.INIT or _promised(newest, url):
            return [Finding("A2.10", f"a listed {resource} was refused", f"{exchange.status}")]
        # §6.2.6 allows 404 for a hint that will not be published; the next version tells
        self._refused_hints[url] = exchange.status
        if len(self._refused_hints) > MAX_REFUSED:
            self._refused_hints.popitem(last=False)
        return []

    def _kept_hints(self, listing: Listing) -> Iterator[Finding]:
        if not self._refused_hints:
            return
        for segment in listing.segments:
            for part in segment.parts:
                status = self._refused_hints.pop(part.url, None)
                if status is not None and not part.gap:
                    text = "a hinted part was refused and then published"
                    yield Finding("A7.3", text, f"HTTP {status}: {part.url}")

    def _state(self, url: str) -> _Playlist:
        if url not in self._playlists:
            self._playlists[url] = _Playlist(self._tolerance_ns)
        state = self._playlists[url]
        state.media.bandwidth = self._bandwidths.get(url, 0)
        return state

    def _add(self, findings: Iterable[Finding], exchange: Exchange) -> None:
        self._account.add(findings, exchange.url, exchange.received_ns)


def _promised(listing: Listing, url: str) -> bool:
    """*url* is listed, and not as a gap."""
    for segment in listing.segments:
        if segment.url == url:
            return not segment.gap
        for part in segment.parts:
            if part.url == url:
                return not part.gap
    return False


def without_directives(url: str) -> str:
    """*url* without `_HLS_…`: the name of the resource."""
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query) if not k.startswith("_HLS_")]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
