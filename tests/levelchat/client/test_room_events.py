"""Laws of a room's events."""

from typing import get_args

from levelchat.client import room_events
from levelchat.client.room_events import NAMES, Event, ParticipantJoined
from levelchat.contract import signal


def test_every_event_has_a_name_of_its_own() -> None:
    """What can be heard can be listened for."""
    assert set(get_args(Event)) == set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


def test_the_names_of_the_contract_are_there() -> None:
    """rooms.md §7, but for tracks: there is no media on this connection."""
    assert {"participant-joined", "participant-left", "connection-quality", "error"} <= set(
        NAMES.values()
    )


def test_callbacks_are_given_what_the_contract_says() -> None:
    """A participant with its identity; for quality, whose it is and then the numbers."""
    ada = signal.ParticipantState(id="p_1", identity="ada")
    quality = signal.ConnectionQuality(id="p_1", identity="ada", rtt=20.0, fraction_lost=0.1)
    error = signal.Error(code="room_full", message="the room is full")

    assert room_events.arguments(ParticipantJoined(ada)) == (ada,)
    assert room_events.arguments(quality) == ("p_1", quality)
    assert room_events.arguments(error) == (error,)
