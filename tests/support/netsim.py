"""A bad network, simulated: a UDP relay between a peer and a server.

Comes in: datagrams of either side. Goes out: the same to the other side, some of them lost, late,
in another order or twice. What becomes of the n-th datagram of a direction depends only on the
seed. It never looks into a datagram.
"""

import asyncio
import contextlib
import heapq
import itertools
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_WAITING = 2000
"""Datagrams on their way; more are lost, as in a router whose queue is full."""
MAX_ADDRESSES = 16
"""Of the peer: ICE tries all that it has."""
_MAX_DATAGRAM = 2048
_CANDIDATE = "a=candidate:"

Address = tuple[str, int]


@dataclass(frozen=True)
class Way:
    """What one direction does to datagrams: probabilities, and times in seconds."""

    loss: float = 0.0
    delay: float = 0.0
    late: float = 0.0
    """Of coming `late_by` later still, behind what was sent meanwhile."""
    late_by: float = 0.03
    twice: float = 0.0


CLEAN = Way()
BAD = Way(loss=0.05, delay=0.02, late=0.05, twice=0.05)
DEAD = Way(loss=1.0)


class Fate:
    """What becomes of the datagrams of one direction."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.way = CLEAN
        self.counts: Counter[str] = Counter()
        self._random = random.Random(f"{seed} {name}")

    def delays(self) -> list[float]:
        """Of each copy of the next datagram; none: it is lost."""
        way = self.way
        # As many numbers for every datagram, so that one's fate does not change the others'.
        lost, late, twice, place = (self._random.random() for _ in range(4))
        self.counts["datagrams"] += 1
        if lost < way.loss:
            self.counts["lost"] += 1
            return []
        self.counts["late"] += late < way.late
        self.counts["twice"] += twice < way.twice
        delay = way.delay + (way.late_by if late < way.late else 0.0)
        return [delay, delay + place * way.late_by] if twice < way.twice else [delay]


class Line:
    """Datagrams on their way."""

    def __init__(self) -> None:
        self.overflowed = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, delay: float, send: Callable[[], None]) -> None:
        """Calls *send* after *delay* seconds."""
        if len(self._waiting) == MAX_WAITING:
            self.overflowed += 1
            return
        due = self._loop.time() + delay
        heapq.heappush(self._waiting, (due, next(self._numbers), send))
        if self._waiting[0][0] == due:
            self._wind()

    def close(self) -> None:
        self._waiting.clear()
        self._wind()

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._waiting:
            self._timer = self._loop.call_at(self._waiting[0][0], self._deliver)

    def _deliver(self) -> None:
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()
        self._wind()


class Relay:
    """What a peer takes for the server. Lives in the running event loop."""

    def __init__(self, seed: int, host: str = "127.0.0.1") -> None:
        self.up, self.down = Fate("up", seed), Fate("down", seed)
        """Towards the server, and back."""
        self.line = Line()
        self._loop = asyncio.get_running_loop()
        self._server: Address | None = None
        self._front = _new_socket()
        self._front.bind((host, 0))
        self.address: Address = self._front.getsockname()
        self._behind: dict[Address, socket.socket] = {}
        self._loop.add_reader(self._front.fileno(), self._from_peer)

    def impair(self, *, up: Way = CLEAN, down: Way = CLEAN) -> None:
        """From the next datagram on."""
        self.up.way, self.down.way = up, down

    def stand_in(self, answer: str) -> str:
        """*answer* with the relay in place of the server's UDP candidate, and no TCP."""
        kept = []
        for line in answer.splitlines(keepends=True):
            fields = line.split(" ")
            if line.startswith(_CANDIDATE):
                if fields[2].lower() != "udp":
                    continue
                self._server = (fields[4], int(fields[5]))
                fields[4:6] = self.address[0], str(self.address[1])
            kept.append(" ".join(fields))
        return "".join(kept)

    def close(self) -> None:
        self.line.close()
        for end in (self._front, *self._behind.values()):
            self._loop.remove_reader(end.fileno())
            end.close()

    def _from_peer(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, peer = self._front.recvfrom(_MAX_DATAGRAM)
                behind = self._behind_of(peer)
                if behind is not None:
                    self._pass(self.up, data, behind, self._server)

    def _from_server(self, behind: socket.socket, peer: Address) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data = behind.recv(_MAX_DATAGRAM)
                self._pass(self.down, data, self._front, peer)

    def _behind_of(self, peer: Address) -> socket.socket | None:
        """What the server sees of *peer*."""
        if peer not in self._behind and len(self._behind) < MAX_ADDRESSES:
            made = self._behind[peer] = _new_socket()
            made.bind((self.address[0], 0))
            self._loop.add_reader(made.fileno(), self._from_server, made, peer)
        return self._behind.get(peer)

    def _pass(self, fate: Fate, data: bytes, end: socket.socket, to: Address | None) -> None:
        def send() -> None:
            # A full buffer loses datagrams, as buffers do.
            with contextlib.suppress(OSError):
                end.sendto(data, to or ("", 0))

        for delay in fate.delays():
            if delay:
                self.line.put(delay, send)
            else:
                send()


@contextlib.contextmanager
def relay(seed: int, host: str = "127.0.0.1") -> Iterator[Relay]:
    """Closed at the end."""
    made = Relay(seed, host)
    try:
        yield made
    finally:
        made.close()


def _new_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made
