"""Rules on status and headers.

Comes in: one exchange, and what it was for. Goes out: findings. It never looks into the body.
"""

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from levelchat.client.rules.finding import Exchange, Finding
from levelchat.client.rules.reading import integer

_OK = 200
_PLAYLIST_TYPES = {"application/vnd.apple.mpegurl", "audio/mpegurl"}
_INIT_TYPES = {"video/mp4", "audio/mp4"}
_MEDIA_TYPES = _INIT_TYPES | {"video/iso.segment", "audio/iso.segment"}


class Resource(StrEnum):
    """What a URL stands for."""

    MULTIVARIANT = "multivariant"
    PLAYLIST = "playlist"
    INIT = "init"
    PART = "part"
    SEGMENT = "segment"


def directives(url: str) -> tuple[int | None, int | None]:
    """`_HLS_msn` and `_HLS_part` of a request."""
    query = parse_qs(urlsplit(url).query)
    msn, part = (query.get(name, [""])[0] for name in ("_HLS_msn", "_HLS_part"))
    return integer(msn), integer(part)


def check(
    exchange: Exchange, resource: Resource, target_seconds: int, *, ended: bool = False
) -> Iterator[Finding]:
    """The headers of an answer with status 200; *target_seconds* is TARGETDURATION."""
    if exchange.status != _OK:
        return
    playlist = resource in (Resource.MULTIVARIANT, Resource.PLAYLIST)
    yield from _content_type(exchange, resource)
    yield from _cors(exchange)
    if playlist:
        yield from _gzip(exchange)
    if target_seconds and not ended and resource is not Resource.MULTIVARIANT:
        yield from _lifetime(exchange, target_seconds, playlist=playlist)
    yield from _priority(exchange, playlist=playlist)


def _content_type(exchange: Exchange, resource: Resource) -> Iterator[Finding]:
    given = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    allowed, rule = _MEDIA_TYPES, "A11.9"
    if resource in (Resource.MULTIVARIANT, Resource.PLAYLIST):
        # §4: the URI path ends in .m3u8 and/or the Content-Type says so; we serve both
        allowed, rule = _PLAYLIST_TYPES, "A1.2"
    elif resource is Resource.INIT:
        allowed = _INIT_TYPES
    if given not in allowed:
        yield Finding(rule, f"wrong Content-Type of {resource}", given or "none")


def _cors(exchange: Exchange) -> Iterator[Finding]:
    headers = exchange.headers
    if "access-control-allow-origin" not in headers:
        yield Finding("A11.8", "there is no Access-Control-Allow-Origin", "")
    exposed = _words(headers.get("access-control-expose-headers", ""))
    # hls.js reads Age through XHR to find the live edge behind a cache
    missing = {"age", "date", "content-length"} - exposed
    if missing and "*" not in exposed:
        yield Finding("A11.8", "headers are not exposed to other origins", str(sorted(missing)))


def _gzip(exchange: Exchange) -> Iterator[Finding]:
    coding = exchange.headers.get("content-encoding", "identity")
    # Apple's authoring specification 10.1: playlists "MUST be compressed with gzip"
    if exchange.gzip_asked and coding != "gzip":
        yield Finding("A1.9", "a playlist is not compressed although gzip was asked", coding)
    if "accept-encoding" not in _words(exchange.headers.get("vary", "")):
        yield Finding("A1.9", "Vary does not name Accept-Encoding", "")


def _lifetime(exchange: Exchange, target: int, *, playlist: bool) -> Iterator[Finding]:
    control = exchange.headers.get("cache-control", "")
    age = _max_age(control)
    if age is None:
        yield Finding("A11.6", "Cache-Control has no max-age", control or "none")
    elif not playlist:
        # Appendix B.1: media 6 Target Durations; longer does no harm, it never changes
        if age < 6 * target:
            yield Finding("A11.6", "media is cached too briefly", control)
    else:
        # Appendix B.1: a blocking playlist 6 Target Durations, any other one half
        blocking = directives(exchange.url)[0] is not None
        limit = 6 * target if blocking else max(1, target // 2)
        if age > limit:
            yield Finding("A11.6", "a playlist is cached too long", f"{control}, limit {limit}")


def _max_age(control: str) -> int | None:
    for item in control.split(","):
        name, _, value = item.strip().lower().partition("=")
        if name == "max-age":
            return integer(value)
    return None


def _priority(exchange: Exchange, *, playlist: bool) -> Iterator[Finding]:
    given = exchange.headers.get("priority")
    if given is None:
        return
    urgency = next((w[2:] for w in _words(given) if w.startswith("u=")), "3")
    # Appendix B.1: playlists have urgency 1, media 2 to 6
    if urgency not in ({"1"} if playlist else {"2", "3", "4", "5", "6"}):
        yield Finding("A11.2", "the urgency is not that of its kind", given)


def _words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",") if word.strip()}
