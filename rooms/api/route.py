"""A call of the REST API as a value, from which both its route and its documentation are made.

Comes in: what a call takes, gives and needs. Goes out: `Route`, and `Call`, what a handler is
given. Pure, but for the transaction that a call carries.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from levelchat.auth.token import Grant
from levelchat.contract import names
from levelchat.errors import LevelChatError
from rooms.api.seams import Visit
from rooms.errors import NotFound
from rooms.model import Principal
from rooms.store.transaction import Transaction


class Auth(Enum):
    """Who may call."""

    NONE = auto()
    KEY = auto()
    """An API key, or a login's cookie."""
    KEY_OR_MODERATOR = auto()
    """These, or a token of the room with `moderate:participants`."""
    LOGIN = auto()
    """A login's cookie."""
    TOKEN = auto()
    """A room token."""


class Work(Enum):
    """What a handler does to rows, and so what it is given."""

    NONE = auto()
    """Nothing, or in transactions of its own."""
    READ = auto()
    """A consistent view."""
    WRITE = auto()
    """A transaction, committed when the handler returns, and with it the idempotent answer."""


class Parameter(NamedTuple):
    """A part of a path: what it must look like, what it is, and what is said when it is not."""

    pattern: str
    description: str
    example: str
    missing: str
    """The same words as the use case has for one that looks right: rooms.md §4 allows nobody to
    tell a malformed id from an unknown one from another tenant's."""


ROOM = names.ROOM
_ULID = "01JSPYB5V1TC7NBW4S1DK8AH1R"
PARAMETERS = {
    "room_id": Parameter(
        f"^({ROOM}|ext:[^\\x00]{{1,128}})$",
        "The room's id, or `ext:` and its `external_id`.",
        f"r_{_ULID}",
        "there is no such room",
    ),
    "identity": Parameter(
        "^[^\\x00]{1,128}$",
        "The identity in the participant's token.",
        "ada",
        "there is no such participant in the room now",
    ),
    "webhook_id": Parameter(
        "^wh_[0-9A-Z]{26}$", "The webhook's id.", f"wh_{_ULID}", "there is no such webhook"
    ),
    "recording_id": Parameter(
        "^rec_[0-9A-Z]{26}$", "The recording's id.", f"rec_{_ULID}", "there is no such recording"
    ),
    "code": Parameter(
        "^[0-9A-Za-z-]{1,32}$", "The room's short code.", "7kq2mwx9hc", "there is no such room"
    ),
}
_PATTERNS = {name: re.compile(parameter.pattern) for name, parameter in PARAMETERS.items()}
_NAMES = re.compile(r"\{(\w+)\}")


NOBODY = Principal("", "", "nobody", "")


@dataclass(slots=True)
class Caller:
    """Who calls, and by what."""

    who: Principal = NOBODY
    grant: Grant | None = None
    """What the room token says, if it was one."""
    visit: Visit | None = None
    """Whose login it is, if it was a cookie."""
    cookie: str = ""


@dataclass(slots=True)
class Call:
    """One request, understood: what a handler works with."""

    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any
    base_url: str
    request: web.Request
    transaction: Transaction | None = None

    @property
    def who(self) -> Principal:
        return self.caller.who

    @property
    def tx(self) -> Transaction:
        """The rows; only for a route with `Work.READ` or `Work.WRITE`."""
        if self.transaction is None:
            raise RuntimeError("a route without Work has no transaction")
        return self.transaction


Handler = Callable[[Call], Awaitable[Any]]
"""Gives the response struct, None for a route without one, or a whole `web.Response`."""


@dataclass(frozen=True)
class Route:
    """One call of the API."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    description: str = ""
    request: type[msgspec.Struct] | None = None
    optional_body: bool = False
    """No body counts as `{}`."""
    response: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    status: HTTPStatus = HTTPStatus.OK
    auth: Auth = Auth.KEY
    work: Work = Work.READ
    idempotent: bool = False
    """Honours `Idempotency-Key`; every call that changes something does."""
    public: bool = False
    """Pages of any origin may call it (CORS): it takes a room token, never a cookie alone."""
    errors: tuple[type[LevelChatError], ...] = ()
    """What its use case raises, besides what every route may."""
    html: bool = False
    """Answers browsers with a page."""

    @property
    def mutates(self) -> bool:
        return self.method not in ("GET", "HEAD")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its path, in order."""
        return tuple(_NAMES.findall(self.path))


def path_values(route: Route, found: Mapping[str, str]) -> Mapping[str, str]:
    """The values of the path; raises `NotFound` for one that nothing can be called."""
    for name in route.parameters:
        if not _PATTERNS[name].fullmatch(found[name]):
            raise NotFound(PARAMETERS[name].missing)
    return found
