"""What can be wrong with a request to package, and inside a packager's process.

LevelChatError
└── EnvironmentFault
    ├── PackagerBusy     no room for one more broadcast
    └── PackagerStopped  the server is starting or stopping

Exception
└── ClockLeap            the process slept; its program cannot go on, a new one can
"""

from levelchat.errors import EnvironmentFault


class PackagerBusy(EnvironmentFault):
    """This server already packages as many broadcasts as `packager.max_broadcasts` allows."""

    code = "packager_busy"
    title = "Packager busy"


class PackagerStopped(EnvironmentFault):
    """The packager is starting or draining; another server, or this one later, will do."""

    code = "packager_stopped"
    title = "Packager stopped"


class ClockLeap(Exception):
    """More slots passed unseen than are worth filling: the process or its machine slept."""
