"""What a room may be: its type by any of its names. Pure.

Comes in: a type as a request spells it. Goes out: a `RoomType`.
"""

from rooms.errors import Flaw, InvalidRequest
from rooms.model import RoomType

DEFAULT = RoomType.MEETING
# rooms.md §3: "aliases normalised at ingress".
ALIASES = {
    "broadcast": RoomType.LIVE,
    "one-to-many": RoomType.LIVE,
    "one-to-one": RoomType.ONE_TO_ONE,
    "p2p": RoomType.ONE_TO_ONE,
}
WATCHED = frozenset({RoomType.LIVE, RoomType.WEBINAR})
"""Types with viewers: their media can be packaged, their watching counts as viewer hours."""

_BY_NAME = {room_type.value: room_type for room_type in RoomType} | ALIASES


def room_type(text: str | None, path: str = "type") -> RoomType:
    """The type of that name or alias; raises `InvalidRequest` that lists the allowed ones."""
    if text is None:
        return DEFAULT
    found = _BY_NAME.get(text)
    if found is None:
        allowed = ", ".join(_BY_NAME)
        flaw = f"no room type is called {text[:40]!r}; use one of {allowed}"
        raise InvalidRequest([Flaw(path, flaw)])
    return found
