"""Where a benchmark says how far it has come."""

import sys
from typing import Protocol


class Say(Protocol):
    """Shows where we are."""

    def __call__(self, text: str) -> None:
        """Replaces what was shown before."""


def status_line(text: str) -> None:
    """On a terminal, one line that is written over; else nothing."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
