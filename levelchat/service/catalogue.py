"""The catalogue of errors: every documented code with its status, cause, remedy and retry.

Comes in: nothing but the error classes that are loaded. The first paragraph of a class's
docstring is its cause; a second one, if there is one, is its remedy. Goes out: the catalogue as
rows, and the page that a problem document's `type` points to.
"""

import html
import inspect
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from levelchat.errors import EnvironmentFault, LevelChatError, OurFault, PeerError
from levelchat.service.problem import HttpRefusal


class Entry(NamedTuple):
    """One error as it is documented."""

    code: str
    status: int
    title: str
    cause: str
    remedy: str
    retry: str


CORRECT = "Correct the request as `detail` says."
WAIT = "Nothing is wrong with the request; if it lasts, tell who runs the server."
REPORT = "Report it with its `request_id`."

NO = "no"
LATER = "yes, after `Retry-After`, or else with growing pauses"
ONCE = "once"

HTTP = (
    Entry(
        "bad_request",
        400,
        "Bad request",
        "The request is not HTTP as this server takes it.",
        CORRECT,
        NO,
    ),
    Entry(
        "expectation_failed",
        417,
        "Expectation failed",
        "The request's `Expect` header asks for something other than `100-continue`.",
        "Leave the header out.",
        NO,
    ),
    Entry(
        "method_not_allowed",
        405,
        "Method not allowed",
        "The path exists, but not for this method.",
        "Use one of the methods in `Allow`.",
        NO,
    ),
    Entry(
        "not_found",
        404,
        "Not found",
        "Nothing is served at this path.",
        "Check the path against `/docs`.",
        NO,
    ),
)
"""What the HTTP server refuses by itself, before any route is asked."""

_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_INNER = (LevelChatError, PeerError, EnvironmentFault, HttpRefusal)


def entries() -> list[Entry]:
    """Every error that can leave this process, by code."""
    found = {entry.code: entry for entry in HTTP}
    for error in _errors(LevelChatError):
        # A class without a code of its own is of the kind above it, such as a client's for any
        # refusal of a server; a private one is nobody's to meet.
        if error.__name__.startswith("_"):
            continue
        if "code" in vars(error) or error is OurFault:
            found[error.code] = _entry(error)
    return [found[code] for code in sorted(found)]


def page() -> str:
    """The catalogue as HTML, one anchor a code."""
    rows = "".join(_row(entry) for entry in entries())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>LevelChat errors</title>'
        "<h1>Errors</h1><table>"
        "<tr><th>code<th>status<th>title<th>cause<th>remedy<th>retry</tr>"
        f"{rows}</table></html>"
    )


def _row(entry: Entry) -> str:
    code, *cells = (html.escape(str(value)) for value in entry)
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr id="{code}"><td><code>{code}</code></td>{rest}</tr>'


def _errors(error: type[LevelChatError]) -> Iterator[type[LevelChatError]]:
    if error not in _INNER:
        yield error
    for child in error.__subclasses__():
        yield from _errors(child)


def _entry(error: type[LevelChatError]) -> Entry:
    text = inspect.cleandoc(error.__doc__ or "")
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    cause = "A defect of ours." if error is OurFault else paragraphs[0]
    remedy, retry = _advice(error)
    if paragraphs[1:]:
        remedy = " ".join(paragraphs[1:])
    return Entry(error.code, error.status, error.title, cause, remedy, retry)


def _advice(error: type[LevelChatError]) -> tuple[str, str]:
    """What to do and whether to try again, as far as it follows from whose fault it is."""
    if error.status in _TRANSIENT:
        return CORRECT, LATER
    if issubclass(error, PeerError):
        return CORRECT, NO
    if issubclass(error, EnvironmentFault):
        return WAIT, LATER
    if error.status == HTTPStatus.NOT_IMPLEMENTED:
        return "Do without it for now.", NO
    return REPORT, ONCE
