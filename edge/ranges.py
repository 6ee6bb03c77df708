"""Ranges of bodies (RFC 9110 §14). Pure.

Comes in: a `Range` header and a length. Goes out: which bytes, or None for all of them. One range
is served; whoever asks for several gets the whole, as the RFC allows.
"""

import re

from edge.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})", re.IGNORECASE | re.ASCII)


def select(header: str | None, length: int) -> range | None:
    """The positions of the wanted bytes; None when all are sent. Raises `RangeNotSatisfiable`."""
    # §14.2: "A server MAY ignore the Range header field", and must one that it cannot read.
    match = _RANGE.fullmatch(header.strip()) if header is not None else None
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:
        # §14.1.2: a suffix: the last so many bytes.
        start, end = max(length - int(last), 0), length
    else:
        start, end = int(first), min(int(last) + 1 if last else length, length)
        if last and int(last) < int(first):
            return None  # §14.1.1: such a range is invalid, and ignored.
    if start >= end:
        raise RangeNotSatisfiable(
            f"there are only {length} bytes", headers={"Content-Range": f"bytes */{length}"}
        )
    return range(start, end)


def content_range(wanted: range, length: int) -> str:
    """`Content-Range` of a 206."""
    return f"bytes {wanted.start}-{wanted.stop - 1}/{length}"
