"""What can be wrong with a request to publish.

LevelChatError
├── PeerError
│   ├── RoomNotFound           404: no room can have that name
│   ├── SessionNotFound        404: never was, or is over
│   ├── RoomTaken              409: another publishes, and may not be replaced
│   ├── BodyTooSlow            408
│   ├── IceSessionChanged      412: If-Match names an ICE session of the past
│   ├── BodyTooLarge           413
│   ├── WrongContentType       415
│   ├── FragmentOfAnother      422: credentials that no ICE session of ours goes with
│   └── IceSessionNotNamed     428: If-Match is missing
└── EnvironmentFault
    ├── IngestFull             503: as many publishers as the server takes
    └── IngestDraining         503: the server is stopping
"""

from levelchat.errors import EnvironmentFault, PeerError


class RoomNotFound(PeerError):
    """No room can have that name: `r_` and 1 to 64 letters, digits, `_` or `-`."""

    code = "room_not_found"
    status = 404
    title = "There is no such room"


class SessionNotFound(PeerError):
    """The WHIP session never was, or is over."""

    code = "session_not_found"
    status = 404
    title = "There is no such session"


class RoomTaken(PeerError):
    """The room has its publisher, and `ingest.takeover` does not let another take the place."""

    code = "room_has_publisher"
    status = 409
    title = "The room has a publisher"


class BodyTooSlow(PeerError):
    """The request's body did not arrive in time."""

    code = "body_too_slow"
    status = 408
    title = "The body came too slowly"


class IceSessionChanged(PeerError):
    """`If-Match` names an ICE session that a restart has replaced."""

    code = "ice_session_changed"
    status = 412
    title = "The ICE session has changed"


class BodyTooLarge(PeerError):
    """The request's body is larger than any SDP."""

    code = "body_too_large"
    status = 413
    title = "The body is too large"


class WrongContentType(PeerError):
    """The request's body is of another type than this resource takes."""

    code = "wrong_content_type"
    status = 415
    title = "Wrong content type"


class FragmentOfAnother(PeerError):
    """The fragment has new ICE credentials but does not ask for a restart (`If-Match: *`)."""

    code = "unprocessable_fragment"
    status = 422
    title = "The fragment does not fit the session"


class IceSessionNotNamed(PeerError):
    """A `PATCH` without `If-Match`."""

    code = "if_match_missing"
    status = 428
    title = "If-Match is needed"


class IngestFull(EnvironmentFault):
    """The server has as many publishers as `ingest.max_publishers` allows."""

    code = "ingest_full"
    title = "Too many publishers"


class IngestDraining(EnvironmentFault):
    """The server is stopping and takes no publishers."""

    code = "ingest_draining"
    title = "The server is stopping"
