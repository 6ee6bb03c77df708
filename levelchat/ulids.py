"""ULIDs for answers, made quickly: every answer of the API has one.

Comes in: now and randomness. Goes out: 26 letters that sort by time, to the millisecond
(https://github.com/ulid/spec). Rows take the library's, which sort within a millisecond too.
"""

import os

from levelchat.clock import SystemClock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)
_RANDOM_BYTES = 10
_MILLISECOND_NS = 1_000_000
_CLOCK = SystemClock()


def ulid(millis: int, randomness: int) -> str:
    """The ULID of *millis* since the Unix epoch and 80 bits of *randomness*."""
    value = millis << 80 | randomness
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


def new() -> str:
    """A new one."""
    randomness = int.from_bytes(os.urandom(_RANDOM_BYTES), "big")
    return ulid(_CLOCK.wall_ns() // _MILLISECOND_NS, randomness)
