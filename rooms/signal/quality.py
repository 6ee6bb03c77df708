"""How well participants are connected, told neither too often nor to too many. Pure.

Comes in: round-trip times and losses. Goes out: notices, and who they are for.
"""

from levelchat.contract.signal import ConnectionQuality, ParticipantState
from rooms import admission
from rooms.admission import Action
from rooms.model import SECOND, Millis
from rooms.signal import audience

EVERY_MS = 5 * SECOND
"""Between two notices about the same participant."""
SMALL_ROOM = 50
"""Participants; in a larger room the others are not told."""


class Qualities:
    """Those of one room: one entry a participant that was heard of."""

    def __init__(self) -> None:
        self._told: dict[str, Millis] = {}
        self._lost: dict[str, float] = {}

    def notice(
        self, who: ParticipantState, rtt: float, now: Millis, fraction_lost: float | None = None
    ) -> ConnectionQuality | None:
        """The news of *who*; None if there was one just now."""
        if fraction_lost is not None:
            self._lost[who.id] = fraction_lost
        if now - self._told.get(who.id, -EVERY_MS) < EVERY_MS:
            return None
        self._told[who.id] = now
        return ConnectionQuality(
            id=who.id,
            identity=who.identity,
            rtt=rtt,
            fraction_lost=self._lost.get(who.id, 0.0),
        )

    def forget(self, participant: str) -> None:
        """It is gone."""
        self._told.pop(participant, None)
        self._lost.pop(participant, None)


def audience_of(who: ParticipantState, listed: int) -> int:
    """Who is told besides *who*: in a large room moderators, and of publishers only."""
    if listed <= SMALL_ROOM:
        return audience.PRESENCE
    publishes = admission.allows(who.capabilities, Action.PUBLISH)
    return audience.ORDER if publishes else 0
