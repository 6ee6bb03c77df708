"""Bodies by path: headers, parts and segments of one broadcast, until their time is over.

Comes in: paths, bodies, expiry times. Goes out: bodies. Pure.
"""

import heapq


class Shelf:
    """What can be fetched now."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self._expiring: list[tuple[int, str]] = []
        self.size = 0
        """Bytes of all bodies."""

    def put(self, path: str, body: bytes) -> None:
        """*body* can be fetched as *path* from now on."""
        self.size += len(body) - len(self._bodies.get(path, b""))
        self._bodies[path] = body

    def get(self, path: str) -> bytes | None:
        """The body of *path*."""
        return self._bodies.get(path)

    def expire(self, path: str, until_ns: int) -> None:
        """*path* may go at *until_ns*."""
        heapq.heappush(self._expiring, (until_ns, path))

    def sweep(self, now_ns: int) -> None:
        """Takes away what has expired."""
        while self._expiring and self._expiring[0][0] <= now_ns:
            self.drop(heapq.heappop(self._expiring)[1])

    def drop(self, path: str) -> None:
        """*path* is gone."""
        self.size -= len(self._bodies.pop(path, b""))
