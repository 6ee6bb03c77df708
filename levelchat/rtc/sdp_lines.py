"""The lines of SDP, grouped by section and name (RFC 8866).

Comes in: text. Goes out: sections with their attributes, or `MalformedSdp` that names the line.
What attributes mean is not known here.
"""

import re
from typing import NamedTuple

from levelchat.rtc.errors import MalformedSdp

MAX_SECTIONS = 64
"""m-lines. A browser offers one a track; conference clients that keep old ones stay below."""
MAX_UINT32 = 0xFFFFFFFF

_LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*")
_DIGITS = 10
"""Of the largest number of 32 bits."""

Attributes = dict[str, list[str]]


class Section(NamedTuple):
    """The session's own lines, or those of one m-line."""

    media: str
    """The m-line; empty for the session's own lines."""
    attributes: Attributes


def sections(text: str) -> list[Section]:
    """The session's lines and those of each m-line, attributes grouped by name."""
    found = [Section("", {})]
    for place, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line:
            continue
        if not _LINE.fullmatch(line):
            raise MalformedSdp(f"line {place} is not SDP: {line[:40]!r}")
        kind, value = line[0], line[2:]
        if kind == "m":
            found.append(Section(value, {}))
            if len(found) > MAX_SECTIONS + 1:
                raise MalformedSdp(f"SDP has at most {MAX_SECTIONS} m-lines here")
        elif kind == "a":
            name, _, argument = value.partition(":")
            found[-1].attributes.setdefault(name, []).append(argument)
    return found


def first(everything: list[Attributes], name: str) -> str | None:
    """The first value of an attribute, wherever it stands."""
    return next((found[name][0].strip() for found in everything if name in found), None)


def number(text: str, most: int, what: str) -> int:
    """*text* as a number from 0 to *most*."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= most):
        raise MalformedSdp(f"{what} is a number from 0 to {most}, not {text[:20]!r}")
    return int(text)
