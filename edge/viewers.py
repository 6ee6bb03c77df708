"""Who watches managed rooms: one entry for each token in each room. Pure.

Comes in: grants of verified tokens, and the time. Goes out: entries, and those that went quiet. A
viewer of HLS says neither hello nor goodbye: it has come with its first request, and it left with
the last one before a silence.
"""

from collections import OrderedDict
from enum import Enum, auto

from edge.errors import TooManyViewers
from levelchat.auth.token import Grant
from levelchat.errors import LevelChatError
from levelchat.media.time import NANOSECOND
from levelchat.service.presence import Membership

IDLE_NS = 20 * NANOSECOND
"""A silence that long means gone: a proxy in front asks every 10 s, and a player of a stalled
broadcast every 6 s."""
REFUSED_NS = 5 * NANOSECOND
"""How long a refusal stands before rooms is asked again: seats become free."""


class Stage(Enum):
    """Where a viewer stands with rooms."""

    NEW = auto()
    ASKING = auto()
    IN = auto()
    REFUSED = auto()
    OVER = auto()
    """Rooms ended it."""


class Viewer:
    """One token's holder in one room."""

    __slots__ = ("gone", "grant", "place", "refusal", "refused_until_ns", "seen_ns", "stage")

    def __init__(self, grant: Grant, now_ns: int) -> None:
        self.grant = grant
        self.seen_ns = now_ns
        self.stage = Stage.NEW
        self.place: Membership | None = None
        self.refusal: LevelChatError | None = None
        self.refused_until_ns = 0
        self.gone = False

    def ask(self) -> None:
        """Rooms is being asked."""
        self.stage = Stage.ASKING

    def refuse(self, error: LevelChatError, now_ns: int) -> None:
        """Rooms said no."""
        self.stage = Stage.REFUSED
        self.refusal = error
        self.refused_until_ns = now_ns + REFUSED_NS

    def forget_asking(self) -> None:
        """Rooms is not being asked any more; where it did not answer, it is asked again."""
        if self.stage is Stage.ASKING:
            self.stage = Stage.NEW

    def standing_refusal(self, now_ns: int) -> LevelChatError | None:
        """The refusal that holds now."""
        if self.stage is Stage.REFUSED and now_ns < self.refused_until_ns:
            return self.refusal
        return None

    def may_ask(self, now_ns: int) -> bool:
        """Rooms has not been asked, or should be again."""
        if self.stage is Stage.REFUSED:
            return now_ns >= self.refused_until_ns
        return self.stage in (Stage.NEW, Stage.OVER)


class Viewers:
    """All of this edge; at most *limit*. Those seen longest ago stand first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_token: OrderedDict[tuple[str, str], Viewer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_token)

    def find(self, grant: Grant, now_ns: int) -> Viewer | None:
        """The viewer with that token, who is here now; None when it was not here before."""
        key = grant.media_id, grant.token_id
        viewer = self._by_token.get(key)
        if viewer is not None:
            viewer.seen_ns = now_ns
            self._by_token.move_to_end(key)
        return viewer

    def add(self, grant: Grant, now_ns: int) -> Viewer:
        """Somebody new; raises `TooManyViewers`."""
        if len(self._by_token) >= self._limit:
            raise TooManyViewers(
                "this edge has as many viewers as it takes; try another, or later"
            )
        viewer = Viewer(grant, now_ns)
        self._by_token[grant.media_id, grant.token_id] = viewer
        return viewer

    def leave_quiet(self, now_ns: int) -> list[Viewer]:
        """Takes out those who were not seen for `IDLE_NS`."""
        left = []
        while self._by_token:
            key, viewer = next(iter(self._by_token.items()))
            if now_ns - viewer.seen_ns < IDLE_NS:
                break
            del self._by_token[key]
            viewer.gone = True
            left.append(viewer)
        return left

    def leave_all(self) -> list[Viewer]:
        """Takes out everybody."""
        left = list(self._by_token.values())
        self._by_token.clear()
        for viewer in left:
            viewer.gone = True
        return left
