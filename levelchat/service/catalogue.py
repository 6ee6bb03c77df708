"""The catalogue of errors: every documented code with its status, title and cause.

Comes in: nothing but the error classes that are loaded. Goes out: the catalogue as rows, and the
page that a problem document's `type` points to.
"""

import html
from collections.abc import Iterator
from typing import NamedTuple

from levelchat.errors import EnvironmentFault, LevelChatError, OurFault, PeerError


class Entry(NamedTuple):
    """One error as it is documented."""

    code: str
    status: int
    title: str
    cause: str


def entries() -> list[Entry]:
    """Every error that can leave this process, by code."""
    found = {
        error.code: Entry(error.code, error.status, error.title, _cause(error))
        for error in _leaves(LevelChatError)
        if not error.__name__.startswith("_")
    }
    return [found[code] for code in sorted(found)]


def page() -> str:
    """The catalogue as HTML, one anchor a code."""
    rows = "".join(
        f'<tr id="{html.escape(entry.code)}"><td><code>{html.escape(entry.code)}</code></td>'
        f"<td>{entry.status}</td><td>{html.escape(entry.title)}</td>"
        f"<td>{html.escape(entry.cause)}</td></tr>"
        for entry in entries()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>LevelChat errors</title>'
        "<h1>Errors</h1><table><tr><th>code<th>status<th>title<th>cause</tr>"
        f"{rows}</table></html>"
    )


def _leaves(error: type[LevelChatError]) -> Iterator[type[LevelChatError]]:
    if error not in (LevelChatError, PeerError, EnvironmentFault):
        yield error
    for child in error.__subclasses__():
        yield from _leaves(child)


def _cause(error: type[LevelChatError]) -> str:
    sentence = " ".join((error.__doc__ or "").split())
    return sentence if error is not OurFault else "A defect of ours; report it with request_id."
