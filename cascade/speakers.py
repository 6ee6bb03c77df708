"""Who of a room speaks.

Comes in: how loud each session was in the last fifth of a second. Goes out: who is the speaker,
and when each was last. Pure: it hears nothing by itself, and reads no clock.

Levels are those of RFC 6464: 0 is the loudest, 127 silence, in -dBov.
"""

from collections.abc import Mapping

from levelchat.media.time import NANOSECOND

SILENCE = 127
SPEECH = 55
"""Quieter than this is nobody speaking: a microphone in a quiet room has 60 to 80."""
LOUDER_BY = 6
"""dB that somebody must be above the speaker to take over: twice the sound pressure."""
TAKE_OVER_NS = 400_000_000
"""For so long. A cough is shorter."""
BEGIN_NS = 200_000_000
"""For so long when nobody speaks."""
FORGET_NS = 3 * NANOSECOND
"""After so much silence nobody is the speaker."""


class Speakers:
    """One room's."""

    def __init__(self) -> None:
        self.current = ""
        """The speaker's session; empty: nobody."""
        self.spoke: dict[str, int] = {}
        """When each session was last found to be the speaker, while it is there."""
        self._loudness: dict[str, int] = {}
        self._rival = ""
        self._rival_since_ns = 0
        self._heard_ns = 0

    def hear(self, levels: Mapping[str, int], now_ns: int) -> bool:
        """*levels* of all sessions that are there; True if there is another speaker now."""
        former = self.current
        self._smooth(levels)
        if self.current not in self._loudness:
            self.current = ""
        if self._speaks(self.current):
            self._heard_ns = now_ns
        elif self.current and now_ns - self._heard_ns >= FORGET_NS:
            self.current = ""
        self._consider(now_ns)
        if self.current:
            if self.current != former:
                self._heard_ns = now_ns
            if self._speaks(self.current):
                self.spoke[self.current] = now_ns
        return self.current != former

    def forget(self, session: str) -> None:
        """It left."""
        for table in (self._loudness, self.spoke):
            table.pop(session, None)

    def _smooth(self, levels: Mapping[str, int]) -> None:
        for session in [known for known in self._loudness if known not in levels]:
            self.forget(session)
        for session, level in levels.items():
            # Loud at once, quiet by halves: words have gaps.
            loud = SILENCE - level
            self._loudness[session] = max(loud, (self._loudness.get(session, 0) + loud) // 2)

    def _speaks(self, session: str) -> bool:
        return self._loudness.get(session, 0) > SILENCE - SPEECH

    def _consider(self, now_ns: int) -> None:
        """Whether the loudest of the others takes over."""
        others = [session for session in self._loudness if session != self.current]
        rival = max(others, key=self._loudness.__getitem__, default="")
        is_quiet = not self._speaks(self.current)
        margin = 0 if is_quiet else LOUDER_BY
        bar = max(SILENCE - SPEECH, self._loudness.get(self.current, 0) + margin)
        if not rival or self._loudness[rival] <= bar:
            self._rival = ""
            return
        if rival != self._rival:
            self._rival, self._rival_since_ns = rival, now_ns
        needed_ns = BEGIN_NS if is_quiet else TAKE_OVER_NS
        if now_ns - self._rival_since_ns >= needed_ns:
            self.current, self._rival = rival, ""
