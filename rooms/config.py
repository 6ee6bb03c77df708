"""What is asked of a new room, checked key by key: every flaw at once. Pure.

Comes in: the body of a request, or its `config`. Goes out: values of the model, or all flaws.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from levelchat.contract.rest import NewRoom
from rooms import ids, instants, types
from rooms.errors import Flaw, InvalidRequest
from rooms.lifecycle import first_state
from rooms.model import DAY, Millis, Record, RoomConfig, RoomState, RoomType
from rooms.types import WATCHED

CODECS = ("av1", "h264", "vp8", "vp9")
FLOORS = ("webrtc",)
MAX_PARTICIPANTS = 1_000_000
"""rooms.md §3 promises 25,000 viewers; a number far beyond that is a mistake."""
MAX_RETENTION_DAYS = 36_500
MAX_REGION = 64
ONE_TO_ONE_SEATS = 2
MAX_EXTERNAL_ID = 128
SCHEDULE_WITHIN = 3653 * DAY
"""Ten years, before or after now; anything else is a mistake."""


class Checked(msgspec.Struct, frozen=True):
    """A new room without a flaw."""

    type: RoomType
    config: RoomConfig
    state: RoomState
    scheduled_for: Millis | None
    id: str | None
    external_id: str | None


def check_new_room(wanted: NewRoom, now: Millis) -> Checked:
    """What was asked for; raises `InvalidRequest` that names each flaw of it."""
    flaws = [
        *_named(wanted.id, "id", check_id),
        *_named(wanted.external_id, "external_id", check_external_id),
    ]
    room_type = types.DEFAULT
    try:
        room_type = types.room_type(wanted.type)
    except InvalidRequest as error:
        flaws += error.flaws
    config, config_flaws = parse(wanted.config, room_type)
    scheduled_for, time_flaws = _scheduled(wanted.scheduled_for, now)
    flaws += [*config_flaws, *time_flaws]
    if flaws:
        raise InvalidRequest(flaws)
    return Checked(
        type=room_type,
        config=config,
        state=first_state(scheduled_for, now),
        scheduled_for=scheduled_for,
        id=wanted.id,
        external_id=wanted.external_id,
    )


def check_id(room_id: str, path: str = "id") -> list[Flaw]:
    """Whether an app may call a room so (rooms.md §4)."""
    if ids.ROOM_ID.fullmatch(room_id):
        return []
    return [Flaw(path, "must be r_ and 1 to 64 letters, digits, - or _")]


def check_external_id(external_id: str, path: str = "external_id") -> list[Flaw]:
    """Whether an app may know a room by that."""
    if 1 <= len(external_id) <= MAX_EXTERNAL_ID and external_id.isprintable():
        return []
    return [Flaw(path, f"must have 1 to {MAX_EXTERNAL_ID} printable characters")]


def parse(
    config: Mapping[str, Any] | None, room_type: RoomType, path: str = "config"
) -> tuple[RoomConfig, list[Flaw]]:
    """The configuration, and each flaw of it; with flaws, the configuration says nothing.

    A key whose value is null is as good as left out.
    """
    values, flaws = _checked(config or {}, _CHECKS, path)
    if flaws:
        return RoomConfig(), flaws
    record = values.get("record")
    if record is not None:
        values["record"] = Record(**record)
    parsed = RoomConfig(**values)
    flaws = _contradictions(parsed, room_type, path)
    return (RoomConfig() if flaws else parsed), flaws


def seats(room_type: RoomType, config: RoomConfig) -> int | None:
    """How many participants the room takes at once; None: as many as come."""
    # rooms.md §3: "A third participant in a `1to1` room is refused".
    if room_type is RoomType.ONE_TO_ONE:
        return min(ONE_TO_ONE_SEATS, config.max_participants or ONE_TO_ONE_SEATS)
    return config.max_participants


def _named(value: str | None, path: str, check: Callable[[str, str], list[Flaw]]) -> list[Flaw]:
    return [] if value is None else check(value, path)


def _scheduled(text: str | None, now: Millis) -> tuple[Millis | None, list[Flaw]]:
    path = "scheduled_for"
    if text is None:
        return None, []
    try:
        at = instants.read(text)
    except ValueError as error:
        return None, [Flaw(path, str(error))]
    if abs(at - now) > SCHEDULE_WITHIN:
        return None, [Flaw(path, "must be within ten years of now")]
    return at, []


def _contradictions(config: RoomConfig, room_type: RoomType, path: str) -> list[Flaw]:
    flaws = []
    # rooms.md §11: "E2EE rooms cannot be packaged".
    if config.e2ee and room_type in WATCHED:
        flaws.append(
            Flaw(
                f"{path}.e2ee",
                f"E2EE rooms cannot be packaged, so a {room_type.value} room cannot be one; "
                "leave e2ee out or use a meeting",
            )
        )
    if config.e2ee and config.record is not None and config.record.enabled:
        flaws.append(
            Flaw(
                f"{path}.e2ee",
                "E2EE rooms cannot be packaged, so they cannot be recorded; "
                "leave out either e2ee or record.enabled",
            )
        )
    wanted = config.max_participants
    if room_type is RoomType.ONE_TO_ONE and wanted is not None and wanted > ONE_TO_ONE_SEATS:
        flaws.append(
            Flaw(
                f"{path}.max_participants",
                f"a 1to1 room takes {ONE_TO_ONE_SEATS} participants, not {wanted}",
            )
        )
    return flaws


_Check = Callable[[Any, str], list[Flaw]]
"""Takes a value and its path."""


def _checked(
    given: Mapping[str, Any], checks: Mapping[str, _Check], path: str
) -> tuple[dict[str, Any], list[Flaw]]:
    flaws: list[Flaw] = []
    values: dict[str, Any] = {}
    for key, value in given.items():
        check = checks.get(key)
        if check is None:
            # rooms.md §4: "Unknown keys are a 422 that names them".
            allowed = ", ".join(checks)
            flaws.append(Flaw(f"{path}.{key}", f"there is no such key; there are {allowed}"))
        elif value is not None:
            flaws += check(value, f"{path}.{key}")
            values[key] = value
    return values, flaws


def _whole(most: int) -> _Check:
    def check(value: object, path: str) -> list[Flaw]:
        # `True` is an `int` to Python, and none to JSON.
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return []
        return [Flaw(path, f"must be a whole number from 1 to {most}")]

    return check


def _flag(value: object, path: str) -> list[Flaw]:
    return [] if isinstance(value, bool) else [Flaw(path, "must be true or false")]


def _one_of(allowed: tuple[str, ...]) -> _Check:
    def check(value: object, path: str) -> list[Flaw]:
        if isinstance(value, str) and value in allowed:
            return []
        return [Flaw(path, f"must be one of {', '.join(allowed)}")]

    return check


def _region(value: object, path: str) -> list[Flaw]:
    if isinstance(value, str) and 1 <= len(value) <= MAX_REGION and value.isprintable():
        return []
    return [Flaw(path, f"must be a string of 1 to {MAX_REGION} printable characters")]


def _record(value: object, path: str) -> list[Flaw]:
    if isinstance(value, Mapping):
        return _checked(value, _RECORD_CHECKS, path)[1]
    return [Flaw(path, f"must be an object with {', '.join(_RECORD_CHECKS)}")]


_RECORD_CHECKS: dict[str, _Check] = {
    "enabled": _flag,
    "retention_days": _whole(MAX_RETENTION_DAYS),
}
_CHECKS: dict[str, _Check] = {
    "max_participants": _whole(MAX_PARTICIPANTS),
    "preferred_codec": _one_of(CODECS),
    "record": _record,
    "e2ee": _flag,
    "region_hint": _region,
    "distribution_floor": _one_of(FLOORS),
}
