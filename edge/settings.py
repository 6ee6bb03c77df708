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
    private_rooms: tuple[str, ...] = ()
    """Rooms whose playlists need a room token with subscribe:all."""
    web_dir: str = ""
    """Folder of the built pages; empty: `web/dist` of this installation."""
