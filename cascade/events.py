"""Server-sent events of one subscriber (WHEP; HTML §9.2).

Comes in: states, each under the type of its event. Goes out: text for every stream that listens,
where only the newest state of each type is kept: a slow reader misses what is no longer so, and
never a state that lasts. It writes to no connection.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

ACTIVE, INACTIVE, LAYERS, VIEWERS = "active", "inactive", "layers", "viewercount"
"""Those of the WHEP draft."""
TRACKS, SPEAKER = "tracks", "speaker"
"""Ours: who is in which slot, and who speaks."""
TYPES = (ACTIVE, INACTIVE, LAYERS, VIEWERS, TRACKS, SPEAKER)

_CONTRARY = {ACTIVE: INACTIVE, INACTIVE: ACTIVE}
"""Where one is so, the other is not any more."""

_encoder = msgspec.json.Encoder()


class EventStream:
    """One listener's: at most one unread state of each type."""

    def __init__(self, types: Iterable[str]) -> None:
        self.types = frozenset(types)
        self.is_closed = False
        self._unread: dict[str, bytes] = {}
        self._ready = asyncio.Event()

    def put(self, kind: str, data: bytes) -> None:
        """*data* is so from now on."""
        self._unread.pop(_CONTRARY.get(kind, ""), None)
        if kind in self.types:
            self._unread[kind] = data
            self._ready.set()

    def close(self) -> None:
        """Nothing will come any more."""
        self.is_closed = True
        self._ready.set()

    async def next(self) -> bytes:
        """What is unread, as text of the stream; empty at the end, or if it is so no more.
        Waits as long as it takes.
        """
        await self._ready.wait()
        self._ready.clear()
        unread, self._unread = self._unread, {}
        if self.is_closed:
            self._ready.set()
        return b"".join(
            b"event: %s\ndata: %s\n\n" % (kind.encode(), data) for kind, data in unread.items()
        )


class Events:
    """All streams of one subscriber, and what is so now."""

    def __init__(self) -> None:
        self._states: dict[str, bytes] = {}
        self._streams: dict[EventStream, None] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def tell(self, kind: str, state: Any) -> None:  # noqa: ANN401 - what msgspec encodes
        """*state* is so; nobody is told what they know already."""
        data = _encoder.encode(state)
        if self._states.get(kind) == data:
            return
        self._states[kind] = data
        self._states.pop(_CONTRARY.get(kind, ""), None)
        for stream in self._streams:
            stream.put(kind, data)

    def listen(self, types: Iterable[str]) -> EventStream:
        """A stream, which begins with what is so."""
        stream = EventStream(types)
        for kind, data in self._states.items():
            stream.put(kind, data)
        self._streams[stream] = None
        return stream

    def drop(self, stream: EventStream) -> None:
        """Nobody reads it any more."""
        self._streams.pop(stream, None)

    def close(self) -> None:
        """The subscriber is gone."""
        for stream in self._streams:
            stream.close()
