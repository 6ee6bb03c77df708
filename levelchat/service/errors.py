"""What can be wrong with a request that more than one plane takes.

LevelChatError
└── PeerError
    ├── RoomNotFound       404: no room can have that name
    ├── BodyTooSlow        408
    ├── BodyTooLarge       413
    └── WrongContentType   415
"""

from levelchat.errors import PeerError


class RoomNotFound(PeerError):
    """No room can have that name: `r_` and 1 to 64 letters, digits, `_` or `-`."""

    code = "room_not_found"
    status = 404
    title = "There is no such room"


class BodyTooSlow(PeerError):
    """The request's body did not arrive in time."""

    code = "body_too_slow"
    status = 408
    title = "The body came too slowly"


class BodyTooLarge(PeerError):
    """The request's body is larger than any that this resource takes."""

    code = "body_too_large"
    status = 413
    title = "The body is too large"


class WrongContentType(PeerError):
    """The request's body is of another type than this resource takes."""

    code = "wrong_content_type"
    status = 415
    title = "Wrong content type"
