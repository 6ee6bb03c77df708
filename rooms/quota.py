"""What an organisation may use (rooms.md §4: "Quota reached is 402"). Pure.

Comes in: limits as JSON, what was used, and now. Goes out: nothing, or `QuotaExceeded`, whose
sentence names the limit, what was used and when it begins anew.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from rooms.errors import Flaw, InvalidRequest, QuotaExceeded
from rooms.model import SECOND, Millis

_Amount = Annotated[float, msgspec.Meta(ge=0)]


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Limits of one organisation; None: no limit. Months are calendar months in UTC."""

    open_rooms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    participant_minutes: _Amount | None = None
    viewer_hours: _Amount | None = None


Limit = Literal["open_rooms", "participant_minutes", "viewer_hours"]

_WORDS: dict[Limit, str] = {
    "open_rooms": "open rooms",
    "participant_minutes": "participant minutes this month",
    "viewer_hours": "viewer hours this month",
}
_decode = msgspec.json.Decoder(Quota).decode
_encode: Callable[[Quota], bytes] = msgspec.json.Encoder().encode


def parse(text: str | bytes) -> Quota:
    """The limits in a JSON object; raises `InvalidRequest` that says what is wrong with it."""
    try:
        return _decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidRequest([Flaw("quota", str(error))]) from error


def encode(quota: Quota) -> str:
    """What `parse` takes."""
    return _encode(quota).decode()


def check(quota: Quota, used: float, what: Limit, now: Millis | None = None) -> None:
    """Raises `QuotaExceeded` when *used* leaves nothing of the limit called *what*."""
    limit: float | None = getattr(quota, what)
    if limit is None or used < limit:
        return
    raise QuotaExceeded(
        f"this organisation has used {used:g} of {limit:g} {_WORDS[what]}; "
        f"{_relief(what, now)}, or ask for a larger quota"
    )


def month(now: Millis) -> tuple[Millis, Millis]:
    """When the calendar month of *now* begins, and when the next one does."""
    today = datetime.fromtimestamp(now // SECOND, UTC)
    first = datetime(today.year, today.month, 1, tzinfo=UTC)
    months = today.year * 12 + today.month
    following = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return _millis(first), _millis(following)


def _relief(what: Limit, now: Millis | None) -> str:
    if what == "open_rooms":
        return "end some rooms"
    if now is None:
        return "wait until next month (UTC)"
    return f"wait until {datetime.fromtimestamp(month(now)[1] // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _millis(moment: datetime) -> Millis:
    return int(moment.timestamp()) * SECOND
