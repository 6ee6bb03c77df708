"""What this node knows of the others.

Comes in: records of the directory. Goes out: nodes that live, who carries which session, and a
word to the relay whenever that changed. It asks nobody anything.
"""

from collections.abc import Callable, Mapping

import structlog

from cascade.relay.records import (
    NODES,
    ROOMS,
    CarriedSession,
    NodeRecord,
    RoomRecord,
    read_node,
    read_room,
    room_key,
)
from cascade.relay.topology import Carrier
from levelchat.bus.directory import Directory
from levelchat.bus.seams import Subscription

_log = structlog.get_logger("relay")


class View:
    """Of all nodes and rooms, this node's own records included."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeRecord] = {}
        self._names: dict[str, str] = {}
        """Of nodes, by key."""
        self._rooms: dict[str, dict[str, RoomRecord]] = {}
        """By room and key."""
        self._watching: list[Subscription] = []
        self.on_node: Callable[[str], None] = _nothing
        """Told which node is new, has changed or is gone."""
        self.on_room: Callable[[str], None] = _nothing
        """Told of which room somebody carries something else now."""

    async def open(self, directory: Directory) -> None:
        """Begins to hear."""
        self._watching = [
            await directory.watch(NODES, self._on_node),
            await directory.watch(ROOMS, self._on_room),
        ]

    async def close(self) -> None:
        """Hears no more."""
        for watching in self._watching:
            await watching.close()
        self._watching = []

    @property
    def nodes(self) -> Mapping[str, NodeRecord]:
        """By name."""
        return self._nodes

    def sessions(self, room: str) -> dict[str, CarriedSession]:
        """Those of the room that flow anywhere, each as the node nearest to it says."""
        found: dict[str, CarriedSession] = {}
        for record in self._rooms.get(room, {}).values():
            for carried in record.sessions:
                former = found.get(carried.session)
                if former is None or carried.depth < former.depth:
                    found[carried.session] = carried
        return found

    def carriers(self, room: str, session: str) -> tuple[Carrier, ...]:
        """Nodes through which the session flows."""
        return tuple(
            Carrier(record.node, carried.path, record.children)
            for record in self._rooms.get(room, {}).values()
            for carried in record.sessions
            if carried.session == session
        )

    def path(self, room: str, session: str, node: str) -> tuple[str, ...]:
        """By which the session comes to *node*; empty if it does not, or nobody knows."""
        record = self._rooms.get(room, {}).get(room_key(room, node))
        for carried in record.sessions if record is not None else ():
            if carried.session == session:
                return carried.path
        return ()

    def _on_node(self, key: str, data: bytes | None) -> None:
        record = read_node(key, data) if data is not None else None
        if data is not None and record is None:
            _log.warning("unreadable record of a node", key=key)
        if record is not None:
            self._nodes[record.node] = record
            self._names[key] = record.node
            self.on_node(record.node)
        elif key in self._names:
            node = self._names.pop(key)
            del self._nodes[node]
            self.on_node(node)

    def _on_room(self, key: str, data: bytes | None) -> None:
        room = key.removeprefix(ROOMS).partition(".")[0]
        record = read_room(key, data) if data is not None else None
        if data is not None and record is None:
            _log.warning("unreadable record of a room", key=key)
        if record is not None:
            self._rooms.setdefault(room, {})[key] = record
        elif self._rooms.get(room, {}).pop(key, None) is not None and not self._rooms[room]:
            del self._rooms[room]
        self.on_room(room)


def _nothing(name: str) -> None:
    """Nobody listens yet."""
