"""Which simulcast layer is better than which.

Comes in: the layers that a publisher offers. Goes out: their names from the lowest to the highest.
SDP does not say it: RFC 8853 §5.2 orders layers by preference only. So restrictions decide where
all layers have them, then names that everybody means the same by, then the offer's order, which
in browsers is the one of `sendEncodings`, the lowest first by custom.
"""

import re
from collections.abc import Callable, Sequence

from levelchat.rtc.sdp_layers import Rid

_SCHEMES = (
    ("l", "m", "h"),
    ("q", "h", "f"),
    ("low", "mid", "high"),
    ("low", "medium", "high"),
    ("lo", "mi", "hi"),
    ("s", "m", "l"),
    ("small", "medium", "large"),
    ("quarter", "half", "full"),
)
_NUMBERED = re.compile(r"([a-z_-]*)([0-9]{1,4})", re.IGNORECASE)


def quality_order(rids: Sequence[Rid]) -> tuple[str, ...]:
    """Names from the lowest to the highest."""
    names = [rid.name for rid in rids]
    for ranks in (_by_restriction(rids), _by_scheme(names), _by_number(names)):
        if ranks is not None:
            return tuple(name for _, name in sorted(zip(ranks, names, strict=True)))
    return tuple(names)


def _by_restriction(rids: Sequence[Rid]) -> list[int] | None:
    measures: tuple[Callable[[Rid], int], ...] = (
        lambda rid: rid.limit("max-width") * rid.limit("max-height"),
        lambda rid: rid.limit("max-fs"),
        lambda rid: rid.limit("max-width"),
        lambda rid: rid.limit("max-height"),
        lambda rid: rid.limit("max-br"),
    )
    for measure in measures:
        ranks = [measure(rid) for rid in rids]
        # Two layers of one size differ in something else, which the next measure may know.
        if all(ranks) and len(set(ranks)) == len(ranks):
            return ranks
    return None


def _by_scheme(names: list[str]) -> list[int] | None:
    lower = [name.lower() for name in names]
    for scheme in _SCHEMES:
        if len(names) > 1 and set(lower) <= set(scheme):
            return [scheme.index(name) for name in lower]
    return None


def _by_number(names: list[str]) -> list[int] | None:
    matched = [_NUMBERED.fullmatch(name) for name in names]
    if not all(matched) or len({found[1].lower() for found in matched if found}) > 1:
        return None
    return [int(found[2]) for found in matched if found]
