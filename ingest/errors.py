"""What can be wrong with a request to publish.

LevelChatError
├── PeerError
│   ├── UnknownTarget          400: `?to=` names neither the programme nor the stage
│   ├── SessionNotFound        404: never was, or is over
│   └── RoomTaken              409: another publishes, and may not be replaced
└── EnvironmentFault
    ├── StageFull              503: as many on one stage as the server takes
    ├── ProgrammeUnavailable   503: no packager runs here
    ├── StageUnavailable       503: no cascade runs here
    ├── IngestFull             503: as many publishers as the server takes
    └── IngestDraining         503: the server is stopping
"""

from levelchat.errors import EnvironmentFault, PeerError


class UnknownTarget(PeerError):
    """`?to=` names something other than `programme` or `stage`."""

    code = "unknown_target"
    status = 400
    title = "Unknown target"


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


class StageFull(EnvironmentFault):
    """The room's stage has as many publishers as `ingest.max_stage_publishers` allows."""

    code = "stage_full"
    title = "Too many on the stage"


class ProgrammeUnavailable(EnvironmentFault):
    """This server runs no packager, so that nobody could see the programme over HLS.

    Publish to the stage with `?to=stage`, or ask a server that runs the packager.
    """

    code = "programme_unavailable"
    title = "No programme here"


class StageUnavailable(EnvironmentFault):
    """This server runs no cascade, so that nobody could subscribe to a stage.

    Publish the programme, without `?to=stage`, or ask a server that runs the cascade.
    """

    code = "stage_unavailable"
    title = "No stage here"


class IngestFull(EnvironmentFault):
    """The server has as many publishers as `ingest.max_publishers` allows."""

    code = "ingest_full"
    title = "Too many publishers"


class IngestDraining(EnvironmentFault):
    """The server is stopping and takes no publishers."""

    code = "ingest_draining"
    title = "The server is stopping"
