"""Which rooms this node knows to be managed, so that who watches them needs a token. Pure.

Comes in: what rooms said of a room, or that it said nothing when it should have. Goes out: yes or
no. Where nobody answered, a room is taken for managed: a public room that asks for a token for a
while is a lesser evil than a private one that is open.
"""

from collections import OrderedDict

MAX_ROOMS = 100_000
"""Rooms that are remembered; beyond them the one spoken of longest ago is forgotten."""


class ManagedRooms:
    """The node's one; *expects_rooms*: somebody should answer for rooms."""

    def __init__(self, *, expects_rooms: bool) -> None:
        self._expects_rooms = expects_rooms
        self._known: OrderedDict[str, None] = OrderedDict()
        self._doubted: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, media_id: str) -> bool:
        return media_id in self._known or media_id in self._doubted

    def note(self, media_id: str) -> None:
        """Rooms manages it, and will."""
        self._doubted.pop(media_id, None)
        _put(self._known, media_id)

    def doubt(self, media_id: str) -> None:
        """Nobody could be asked."""
        if self._expects_rooms and media_id not in self._known:
            _put(self._doubted, media_id)

    def clear(self, media_id: str) -> None:
        """Rooms knows nothing of it."""
        self._doubted.pop(media_id, None)

    @property
    def doubted(self) -> list[str]:
        """Those to ask about."""
        return list(self._doubted)


def _put(into: OrderedDict[str, None], media_id: str) -> None:
    into[media_id] = None
    into.move_to_end(media_id)
    if len(into) > MAX_ROOMS:
        into.popitem(last=False)
