"""What can go wrong on the bus.

LevelChatError
├── Refused                 the responder's own error, with its code and status
└── EnvironmentFault
    └── BusUnavailable      503: nobody there, or no answer in time
"""

from levelchat.errors import EnvironmentFault, LevelChatError


class BusUnavailable(EnvironmentFault):
    """The bus, or who should answer on it, cannot be reached now."""

    code = "bus_unavailable"
    title = "The bus cannot be reached"


class Refused(LevelChatError):
    """Another process refused the request, with its own documented code and status."""

    code = "refused"
    title = "Refused"

    def __init__(self, code: str, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc]
        self.status = status  # type: ignore[misc]
        self.title = title  # type: ignore[misc]
