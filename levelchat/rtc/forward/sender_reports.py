"""Sender reports on their way from a publisher to subscribers (F10, F16).

Comes in: a publisher's report and an outlet's counts. Goes out: the outlet's own report, and how
far apart two packets were captured. Never changes an NTP time.
"""

import struct

from levelchat.rtc import rtcp
from levelchat.rtc.rtcp import SenderReport

MAX_DISTANCE = 10
"""Seconds between two captures beyond which we believe none of them."""
_HALF = 1 << 31
_REPORT = struct.Struct("!BBHIQIII")
_SENDER_REPORT = 200


def middle(ntp: int) -> int:
    """What a receiver repeats of *ntp* as LSR (RFC 3550 §6.4.1)."""
    return ntp >> 16 & 0xFFFFFFFF


def _captured(report: SenderReport, timestamp: int, rate: int) -> int:
    """The NTP time at which the packet with *timestamp* was captured."""
    ticks = (timestamp - report.rtp_timestamp + _HALF & 0xFFFFFFFF) - _HALF
    return report.ntp + (ticks << 32) // rate


def distance(
    before: tuple[SenderReport | None, int], after: tuple[SenderReport | None, int], rate: int
) -> int | None:
    """Ticks between the captures of two packets, each given as the report about its stream and its
    timestamp; None where that is not known, or not to be believed.
    """
    first, second = before[0], after[0]
    if first is None or second is None or not first.ntp or not second.ntp:
        return None
    passed = _captured(second, after[1], rate) - _captured(first, before[1], rate)
    if not 0 <= passed <= MAX_DISTANCE << 32:
        return None
    return passed * rate >> 32


def compound(ssrc: int, cname: str, ntp: int, timestamp: int, counts: tuple[int, int]) -> bytes:
    """An outlet's report with its packet and octet *counts*, and the CNAME."""
    packets, octets = counts
    report = _REPORT.pack(
        rtcp.VERSION << 6,
        _SENDER_REPORT,
        _REPORT.size // 4 - 1,
        ssrc,
        ntp,
        timestamp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    return report + rtcp.sdes(ssrc, cname)
