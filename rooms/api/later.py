"""What the contract announces and is not built yet: says so, to those who may ask.

Comes in: calls. Goes out: `501 not_built_yet`.
"""

from rooms.api.route import Call, Route, Work
from rooms.errors import NotBuiltYet, NotFound

TAG = "Later"
_ROOM = "/v1/rooms/{room_id}"
CALLS = (
    ("POST", f"{_ROOM}/promote", "Turn a meeting into a live room"),
    ("POST", f"{_ROOM}/recording/start", "Start to record"),
    ("POST", "/v1/recordings/{recording_id}/stop", "Stop to record"),
    ("GET", "/v1/recordings", "List recordings"),
    ("GET", "/v1/recordings/{recording_id}", "Show a recording"),
    ("GET", f"{_ROOM}/registrations", "List a webinar's registrations"),
    ("POST", f"{_ROOM}/registrations", "Register for a webinar"),
    ("GET", f"{_ROOM}/questions", "List a webinar's questions"),
    ("POST", f"{_ROOM}/questions", "Ask a question in a webinar"),
)


def routes() -> list[Route]:
    """What is called."""
    return [
        Route(
            method,
            path,
            not_built_yet,
            summary,
            TAG,
            "Announced, not built yet: answers 501.",
            work=Work.NONE,
            errors=(NotFound, NotBuiltYet),
        )
        for method, path, summary in CALLS
    ]


async def not_built_yet(_call: Call) -> None:
    raise NotBuiltYet("this call is announced, but not built yet")
