"""Numbers for streams of our own (RFC 3550 §8.1)."""

import secrets

_BITS = 32


def distinct(count: int) -> list[int]:
    """*count* random SSRCs, no two the same."""
    numbers: dict[int, None] = {}
    while len(numbers) < count:
        # Small ones are those of receivers who send nothing.
        numbers[secrets.randbits(_BITS) | 1 << 16] = None
    return list(numbers)
