"""Sends frames to all connections of a room, in order, without holding up the loop.

Comes in: frames. Goes out: writes. A small room is written to at once. A large one in slices, with
everything else of the process between them; what comes meanwhile goes with the next round, all in
one write a connection. While nothing waits there is no task.
"""

import asyncio
from collections.abc import Mapping

from rooms.signal.connection import Connection
from rooms.signal.metrics import SignalMetrics
from rooms.signal.seams import Spawn

SLICE = 25
"""Connections written to before others get their turn: about a third of a millisecond. A join
that waits for the store takes several turns."""
MAX_WAITING = 8 * 1024 * 1024
"""Bytes of frames that wait for the next round."""
MAX_PAUSE = 0.1
"""Seconds; after a round the loop is left to others for as long as the round took, up to this."""

_Waiting = tuple[int, int, bytes]


class Broadcaster:
    """One room's."""

    def __init__(
        self, connections: Mapping[str, Connection], spawn: Spawn, metrics: SignalMetrics
    ) -> None:
        self._connections = connections
        self._spawn = spawn
        self._metrics = metrics
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._is_working = False
        self.next = 0
        """The number of the frame that comes next: a connection that begins now wants those from
        here on."""

    def send(self, frame: bytes, audience: int) -> None:
        """To all connections of *audience*."""
        number = self.next
        self.next += 1
        if not self._is_working and len(self._connections) <= SLICE:
            self._write(list(self._connections.values()), [(number, audience, frame)])
            return
        if self._bytes + len(frame) > MAX_WAITING:
            self._metrics.dropped.labels("frame").inc()
            return
        self._waiting.append((number, audience, frame))
        self._bytes += len(frame)
        if not self._is_working:
            self._is_working = self._spawn(self._work)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                began = loop.time()
                batch, self._waiting, self._bytes = self._waiting, [], 0
                targets = list(self._connections.values())
                for start in range(0, len(targets), SLICE):
                    self._write(targets[start : start + SLICE], batch)
                    await asyncio.sleep(0)
                if self._waiting:
                    await asyncio.sleep(min(loop.time() - began, MAX_PAUSE))
        finally:
            self._is_working = False

    def _write(self, targets: list[Connection], batch: list[_Waiting]) -> None:
        first = batch[0][0]
        rendered: dict[int, bytes] = {}
        for connection in targets:
            audience = connection.audience
            if connection.since > first:
                data = _join(batch, audience, connection.since)
            else:
                if audience not in rendered:
                    rendered[audience] = _join(batch, audience, first)
                data = rendered[audience]
            if data:
                connection.write(data)


def _join(batch: list[_Waiting], audience: int, since: int) -> bytes:
    return b"".join(
        frame for number, wanted, frame in batch if wanted & audience and number >= since
    )
