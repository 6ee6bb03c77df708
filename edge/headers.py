"""Headers of what viewers fetch: who may keep it, and which pages may read it. Pure.

Comes in: settings, and of a request its origin and whether a trusted proxy sent it. Goes out:
headers. Whatever needs a token is `private` to all who are downstream; a proxy that asks for each
viewer by itself is told apart, in a header of its own, how long it may keep it for all of them.
"""

from collections.abc import Mapping

from edge.access import Keeping
from edge.delivery import Answer
from edge.settings import EdgeSettings

CACHE_CONTROL = "Cache-Control"
PROXY_EXPIRES = "X-Accel-Expires"
"""nginx's own: it goes by this before `Cache-Control`, and does not hand it on."""
EXPOSED = "Age, Date, Content-Length, Content-Range"
"""A11.8: hls.js reads Age to tune in behind a cache."""


def caching(seconds: int, keeping: Keeping, *, immutable: bool, proxy: bool) -> dict[str, str]:
    """How long an answer may be kept, and by whom; *proxy*: a trusted one asked for it."""
    ending = ", immutable" if immutable else ""
    headers = {CACHE_CONTROL: f"{keeping.value}, max-age={seconds}{ending}"}
    if proxy:
        headers[PROXY_EXPIRES] = str(seconds)
    return headers


def of_answer(answer: Answer, keeping: Keeping, *, proxy: bool) -> dict[str, str]:
    """All of a 200 but CORS."""
    headers = {
        "Content-Type": answer.content_type,
        # A11.2: RFC 9218 urgency: playlists before media.
        "Priority": answer.priority,
        **caching(answer.max_age, keeping, immutable=answer.immutable, proxy=proxy),
    }
    if answer.immutable:
        headers["Accept-Ranges"] = "bytes"
    if answer.priority == "u=1":
        headers["Vary"] = "Accept-Encoding"  # A1.9
    if answer.gzipped:
        headers["Content-Encoding"] = "gzip"
    return headers


def of_error(error: Mapping[str, str], keeping: Keeping, *, proxy: bool) -> dict[str, str]:
    """What an error's own headers become: only what says that it may be kept is."""
    if CACHE_CONTROL not in error:
        return {CACHE_CONTROL: "no-store"}
    return caching(1, keeping, immutable=False, proxy=proxy)


class Cors:
    """Which pages of other origins may read answers."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._common = {
            "Access-Control-Allow-Origin": settings.allow_origin,
            "Access-Control-Expose-Headers": EXPOSED,
        }
        self._by_origin = {
            origin: {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Expose-Headers": EXPOSED,
            }
            for origin in settings.cookie_origins
        }

    def add_to(self, headers: dict[str, str], origin: str | None) -> None:
        """The headers for a page of *origin*."""
        if not self._by_origin:
            headers.update(self._common)
            return
        # Fetch §3.2.5: credentials go with the origin's own name alone, never with `*`; and what
        # differs from origin to origin must say so.
        headers.update(self._by_origin.get(origin or "", self._common))
        vary = headers.get("Vary")
        headers["Vary"] = f"{vary}, Origin" if vary else "Origin"

    def preflight(self, origin: str | None, methods: str) -> dict[str, str]:
        """The answer to a page that asks before it sends a token."""
        headers = {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Range",
            "Access-Control-Max-Age": "86400",
        }
        self.add_to(headers, origin)
        return headers
