"""Counters that wrap, made into counters that do not.

Comes in: a value as the wire carries it, and a number near which it must lie. Goes out: an integer
that only grows as the counter does. Never guesses more than half a turn.
"""

SEQUENCE_BITS = 16
"""RTP sequence number (RFC 3550 §5.1)."""

TIMESTAMP_BITS = 32
"""RTP timestamp (RFC 3550 §5.1)."""


def unwrap(value: int, near: int, bits: int) -> int:
    """The integer nearest to *near* whose low *bits* are *value*; half a turn away counts back."""
    half = 1 << (bits - 1)
    return near + ((value - near + half) & ((half << 1) - 1)) - half
