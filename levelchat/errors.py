"""The root of every error we raise on purpose.

    LevelChatError
    ├── PeerError          the peer's fault: 4xx, say what was wrong and what to do
    ├── EnvironmentFault   the machine's or a neighbour's: 503, worth a retry
    └── OurFault           ours: 500

Each plane's `errors.py` hangs its own small tree below these. `levelchat.service.problem` turns
any of them into problem+json, and nothing else does.
"""

from typing import ClassVar


class LevelChatError(Exception):
    """An error with a documented `code` and the HTTP status it becomes.

    *detail* is one sentence for the person who made the request: what was wrong, what to do.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}


class PeerError(LevelChatError):
    """The request is at fault."""

    code = "bad_request"
    status = 400
    title = "Bad request"


class EnvironmentFault(LevelChatError):
    """Something around us is missing or full; the same request may succeed later."""

    code = "unavailable"
    status = 503
    title = "Service unavailable"


class OurFault(LevelChatError):
    """A defect of ours."""
