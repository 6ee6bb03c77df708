"""Query strings as structs, and the queries that calls take. Pure.

Comes in: what stands after the `?`. Goes out: a struct, or all that is wrong with it.
"""

from typing import Annotated, Any

import msgspec
from multidict import MultiMapping

from levelchat.contract.rest import Instant, StateName
from rooms import instants
from rooms.api.body import flaw_of, struct_flaws
from rooms.errors import Flaw, InvalidRequest
from rooms.model import Millis

Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="How many, at most.")]
Cursor = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z0-9_.-]{1,200}$",
        description="`next_cursor` of the page before.",
    ),
]


class _Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Page(_Query, frozen=True, kw_only=True):
    """Which page of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class RoomsQuery(Page, frozen=True, kw_only=True):
    """Which rooms."""

    state: StateName | None = None
    type: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None


class Interval(_Query, frozen=True, kw_only=True):
    """From *since* until *until* (exclusive); without them, this month so far."""

    since: Instant | None = None
    until: Instant | None = None


class Reader:
    """Turns query strings into one struct; made once for each route."""

    def __init__(self, shape: type[msgspec.Struct]) -> None:
        self._shape = shape
        self._default: Any = shape()

    def read(self, given: MultiMapping[str]) -> Any:  # noqa: ANN401 - the struct of the route
        """The struct; raises `InvalidRequest`."""
        if not given:
            return self._default
        values: dict[str, Any] = dict(given.items())
        flaws = [Flaw(name[:64], "given more than once") for name in _twice(given)]
        flaws += [Flaw(name[:64], "has U+0000 in it") for name in values if "\0" in values[name]]
        if flaws:
            raise InvalidRequest(flaws)
        try:
            return msgspec.convert(values, self._shape, strict=False)
        except msgspec.ValidationError as error:
            flaws = struct_flaws(self._shape, values, strict=False) or [flaw_of(error)]
            raise InvalidRequest(flaws) from error


def instant(text: str | None, path: str) -> Millis | None:
    """The instant that a query names; raises `InvalidRequest`."""
    if text is None:
        return None
    try:
        return instants.read(text)
    except ValueError as error:
        raise InvalidRequest([Flaw(path, str(error))]) from error


def _twice(given: MultiMapping[str]) -> list[str]:
    return [name for name in dict.fromkeys(given) if len(given.getall(name)) > 1]
