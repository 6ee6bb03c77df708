"""Section `edge` of the settings."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]


class EdgeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What viewers fetch: windows, holds, pages."""

    window_seconds: Positive = 60
    """How far back a playlist reaches; at least six segments are always listed, and at least three
    target durations."""
    max_rooms: Positive = 200
    """Broadcasts held at once; one more is refused and logged."""
    max_waiters: Positive = 50_000
    """Requests held at once over all rooms; one more is a 503."""
    ended_keep_seconds: Positive = 60
    """How long an ended broadcast can still be fetched."""
    allow_origin: str = "*"
    """`Access-Control-Allow-Origin` of playlists and media."""
    cookie_origins: tuple[str, ...] = ()
    """Origins of pages elsewhere that may watch with the cookie, such as `https://app.example`."""
    cookie_cross_site: bool = False
    """Send the viewers' cookie to pages of other sites too (SameSite=None; needs TLS)."""
    cookie_secure: bool = False
    """Send the viewers' cookie over TLS only, whatever the request came by (behind a proxy)."""
    private: bool = False
    """Every room needs a room token with subscribe:all, also those that rooms knows nothing of."""
    private_rooms: tuple[str, ...] = ()
    """Rooms that need one besides those that rooms manages."""
    proxy_secret: str = ""
    """What a cache in front sends as `X-LC-Edge-Secret` when it asked for each viewer's access by
    itself; empty: nobody is believed to."""
    access_seconds: Positive = 10
    """How long such a cache may keep a yes."""
    max_viewers: Positive = 50_000
    """Viewers of managed rooms at a time; one more is a 503."""
    web_dir: str = ""
    """Folder of the built pages; empty: `web/dist` of this installation."""
