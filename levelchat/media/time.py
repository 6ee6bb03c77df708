"""Media time: integer ticks with a rate.

Comes in: ticks and rates. Goes out: ticks at another rate, or the decimal text of a playlist.
Never a float of seconds.
"""

NANOSECOND = 1_000_000_000
"""Ticks a second of the wall clock."""

VIDEO_RATE = 90_000
"""RTP clock of every video codec (RFC 6184 §8.2.1, RFC 7741 §6.1, RFC 9628 §7) and our tfdt."""

AUDIO_RATE = 48_000
"""RTP clock of Opus (RFC 7587 §4.1), and the sample rate of what we encode."""


def rescale(ticks: int, rate: int, to_rate: int) -> int:
    """Ticks of *rate* as ticks of *to_rate*, rounded to the nearest, halves up."""
    return (2 * ticks * to_rate + rate) // (2 * rate)


def seconds_text(ticks: int, rate: int, decimals: int = 5) -> str:
    """Seconds as a decimal, rounded to *decimals* places: 45_000 at 90_000 is `0.50000`."""
    scaled = rescale(ticks, rate, 10**decimals)
    whole, fraction = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{fraction:0{decimals}d}"
