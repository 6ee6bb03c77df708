"""The nouns are those of the wire contract."""

from typing import get_args

import msgspec

from levelchat.contract import rest
from rooms.model import EndReason, LeaveReason, RoomConfig, RoomState, RoomType, Transport


def test_states_and_types_are_the_contracts() -> None:
    """What a row can say, the API can show."""
    assert set(RoomState) == set(get_args(rest.StateName))
    assert set(RoomType) == set(get_args(rest.RoomTypeName))


def test_transports_are_the_contracts() -> None:
    """A session's transport is one that participants are shown with."""
    shown = rest.ParticipantView.__annotations__["transports"]

    assert set(Transport) == set(get_args(get_args(shown)[0]))


def test_a_rooms_end_is_a_reason_to_leave() -> None:
    """Whatever ends a room is what its participants are told."""
    assert {reason.value for reason in EndReason} <= {reason.value for reason in LeaveReason}


def test_an_empty_config_says_nothing() -> None:
    """Only what was asked for stands in the row."""
    assert msgspec.json.encode(RoomConfig()) == b"{}"
