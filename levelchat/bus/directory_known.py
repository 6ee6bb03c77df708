"""What a directory knows, and who is told of it.

Comes in: records as they are heard, the time. Goes out: calls to those who watch, each once for a
change. Pure: it hears nothing by itself.
"""

import re
from collections.abc import Callable

import structlog

from levelchat.bus.directory import OnChange
from levelchat.media.time import NANOSECOND

MAX_RECORD = 65_536
"""Bytes."""
MAX_RECORDS = 100_000
"""Of all nodes: beyond that somebody writes what nobody asked for."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,200}(\.[A-Za-z0-9_-]{1,200}){0,7}", re.ASCII)

_log = structlog.get_logger("directory")


def check(key: str, record: bytes) -> None:
    """Raises `ValueError` for what no directory takes."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"a key is words of [A-Za-z0-9_-] with dots between, not {key[:80]}")
    if len(record) > MAX_RECORD:
        raise ValueError(f"a record has at most {MAX_RECORD} bytes; {key} has {len(record)}")


class Watching:
    """One who watches; the subscription of it."""

    def __init__(
        self, prefix: str, on_change: OnChange, leave: Callable[["Watching"], None]
    ) -> None:
        self.prefix = prefix
        self._on_change = on_change
        self._leave = leave

    def tell(self, key: str, record: bytes | None) -> None:
        """What it raises is logged and disturbs nobody else."""
        if not key.startswith(self.prefix):
            return
        try:
            self._on_change(key, record)
        except Exception:  # noqa: BLE001 - a defect costs one watcher a change, not all of them
            _log.exception("a watcher of the directory failed", key=key)

    async def close(self) -> None:
        self._leave(self)


class Known:
    """All records that were heard of late."""

    def __init__(self, ttl_seconds: float) -> None:
        self._ttl_ns = int(ttl_seconds * NANOSECOND)
        self._records: dict[str, tuple[bytes, int]] = {}
        """With when each was heard last; the longest silent first."""
        self._watching: dict[Watching, None] = {}
        self._full = False

    def __len__(self) -> int:
        return len(self._records)

    def watch(self, prefix: str, on_change: OnChange) -> Watching:
        """Tells what is known now, and from now on what changes."""
        watching = Watching(prefix, on_change, self._leave)
        self._watching[watching] = None
        for key, (record, _) in tuple(self._records.items()):
            watching.tell(key, record)
        return watching

    def hear(self, key: str, record: bytes, now_ns: int) -> None:
        """Somebody wrote or repeated it."""
        former = self._records.pop(key, None)
        if former is None and len(self._records) >= MAX_RECORDS:
            if not self._full:
                self._full = True
                _log.error("directory full", records=MAX_RECORDS)
            return
        self._records[key] = (record, now_ns)
        if former is None or former[0] != record:
            self._tell(key, record)

    def drop(self, key: str) -> None:
        """Its writer took it back."""
        if self._records.pop(key, None) is not None:
            self._full = False
            self._tell(key, None)

    def expire(self, now_ns: int) -> None:
        """Forgets what was not repeated in time."""
        while self._records:
            key, (_, heard_ns) = next(iter(self._records.items()))
            if now_ns - heard_ns <= self._ttl_ns:
                return
            self.drop(key)

    def refresh(self, now_ns: int) -> None:
        """Whether others repeated theirs could not be heard until now."""
        for key, (record, _) in self._records.items():
            self._records[key] = (record, now_ns)

    def _leave(self, watching: Watching) -> None:
        self._watching.pop(watching, None)

    def _tell(self, key: str, record: bytes | None) -> None:
        for watching in tuple(self._watching):
            watching.tell(key, record)
