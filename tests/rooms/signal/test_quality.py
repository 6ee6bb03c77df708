"""Notices of quality are rare, and go to those whom they concern."""

from levelchat.contract.signal import ParticipantState
from rooms.signal import audience, quality
from rooms.signal.quality import EVERY_MS, SMALL_ROOM, Qualities

ADA = ParticipantState(id="p_ada", identity="ada", capabilities=("publish:camera",))
BOB = ParticipantState(id="p_bob", identity="bob", capabilities=("subscribe:all",))


def test_a_participant_is_told_of_every_five_seconds_at_most() -> None:
    """Others meanwhile are told of too; a loss that was not told yet is told with the next."""
    qualities = Qualities()

    first = qualities.notice(ADA, 20.0, 0)
    assert first is not None
    assert (first.rtt, first.fraction_lost) == (20.0, 0.0)
    assert qualities.notice(ADA, 30.0, EVERY_MS - 1, 0.25) is None
    assert qualities.notice(BOB, 30.0, EVERY_MS - 1) is not None
    second = qualities.notice(ADA, 40.0, EVERY_MS)
    assert second is not None
    assert (second.rtt, second.fraction_lost) == (40.0, 0.25)


def test_who_is_gone_is_forgotten() -> None:
    """Its successor starts afresh."""
    qualities = Qualities()
    qualities.notice(ADA, 20.0, 0, 0.5)
    qualities.forget(ADA.id)

    again = qualities.notice(ADA, 20.0, 1)
    assert again is not None
    assert again.fraction_lost == 0.0


def test_in_a_large_room_only_moderators_hear_of_publishers() -> None:
    """Thousands need not know of each other's networks."""
    assert quality.audience_of(BOB, SMALL_ROOM) == audience.PRESENCE
    assert quality.audience_of(ADA, SMALL_ROOM + 1) == audience.ORDER
    assert quality.audience_of(BOB, SMALL_ROOM + 1) == 0
