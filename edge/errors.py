"""What the edge refuses.

LevelChatError
├── PeerError
│   ├── NoSuchBroadcast   404: no room, rendition, segment or part of that name
│   ├── BadDirective      400: an `_HLS_…` parameter that cannot be met
│   ├── RangeNotSatisfiable   416: bytes beyond the end
│   └── TokenTooLong      400: a token that fits no cookie
└── EnvironmentFault
    ├── NotInTime         503: what was waited for did not come
    ├── TooManyWaiting    503: the bound on held requests
    ├── TooManyViewers    503: the bound on viewers of managed rooms
    └── PagesMissing      503: the pages were not built
"""

from levelchat.errors import EnvironmentFault, PeerError


class NoSuchBroadcast(PeerError):
    """There is no such room, rendition, segment or part now."""

    code = "no_such_broadcast"
    status = 404
    title = "Nothing is broadcast there"


class BadDirective(PeerError):
    """A delivery directive (`_HLS_msn`, `_HLS_part`) that cannot be met."""

    code = "bad_directive"
    status = 400
    title = "Bad delivery directive"


class RangeNotSatisfiable(PeerError):
    """The `Range` header asks for bytes beyond the end of the segment or part."""

    code = "range_not_satisfiable"
    status = 416
    title = "Range not satisfiable"


class TokenTooLong(PeerError):
    """The room token is too long for the cookie that a player shows it by."""

    code = "token_too_long"
    title = "The token fits no cookie"


class NotInTime(EnvironmentFault):
    """What the request waited for did not come within three target durations."""

    code = "not_in_time"
    title = "It did not come in time"


class TooManyWaiting(EnvironmentFault):
    """As many requests wait as this edge can hold; try another edge, or again."""

    code = "too_many_waiting"
    title = "Too many requests are waiting"


class TooManyViewers(EnvironmentFault):
    """As many viewers of managed rooms as this edge takes; try another edge, or later."""

    code = "too_many_viewers"
    title = "Too many viewers"


class PagesMissing(EnvironmentFault):
    """The player and publish pages have not been built: run `make web`."""

    code = "pages_missing"
    title = "The pages are not built"
