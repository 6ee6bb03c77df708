"""Instants as requests write them: RFC 3339 with a zone. Pure.

Comes in: text. Goes out: milliseconds since the Unix epoch.
"""

import re
from datetime import UTC, datetime, timedelta

from rooms.model import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# RFC 3339 §5.6; §5.6 also: "T" and "Z" may be lower case, and a space may stand for "T".
_FORM = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def read(text: str) -> Millis:
    """The instant, rounded down; raises `ValueError` that says how one is written."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError("must be RFC 3339 with a time zone, such as 2026-04-25T09:30:00Z")
    date, time, fraction, zone = form.groups()
    # Python 3.11 reads six digits of a second at most.
    part = (fraction or "")[:7]
    offset = "+00:00" if zone in "Zz" else zone
    try:
        return (datetime.fromisoformat(f"{date}T{time}{part}{offset}") - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        raise ValueError("there is no such date or time") from None
