"""One participant's WebSocket, as the server writes to it.

Comes in: frames. Goes out: the same to its transport, unless its reader is too far behind. It has
no task and no timer; reading is the request handler's.
"""

import asyncio
from typing import TYPE_CHECKING

from levelchat.auth.token import Grant
from levelchat.contract import signal
from levelchat.contract.signal import ServerMessage
from rooms.model import Millis
from rooms.signal import audience, frames
from rooms.signal.chat import Bucket
from rooms.signal.commands import Speaker
from rooms.signal.metrics import SignalMetrics

if TYPE_CHECKING:
    from rooms.signal.live import LiveRoom

MAX_BEHIND = 256 * 1024
"""Bytes that a client has not read before it is taken for too slow."""
COMMANDS_PER_SECOND = 50
COMMANDS_AT_ONCE = 150
"""The pages of a room with 25,000 participants."""


class Connection:
    """Open, from its `welcome` until it ends."""

    __slots__ = (
        "audience",
        "base",
        "chatting",
        "code",
        "commanding",
        "grant",
        "heard",
        "metrics",
        "moved",
        "peer_code",
        "pinged",
        "renew_at",
        "room",
        "session",
        "since",
        "slot",
        "speaker",
        "transport",
    )

    def __init__(  # noqa: PLR0913 - each is another's
        self,
        *,
        session: str,
        speaker: Speaker,
        grant: Grant,
        room: "LiveRoom",
        transport: asyncio.Transport,
        base: str,
        now: Millis,
        chats_per_second: int,
        metrics: SignalMetrics,
    ) -> None:
        self.session = session
        self.speaker = speaker
        self.grant = grant
        self.room = room
        self.transport = transport
        self.base = base
        """The URL by which the client reached us."""
        self.metrics = metrics
        self.audience = audience.of(speaker.capabilities)
        self.heard = now
        """When the client last gave a sign of life; monotonic milliseconds."""
        self.pinged = 0
        """When it was last pinged."""
        self.slot = 0
        self.since = 0
        """The first of the room's frames that it has not been told in its `welcome`."""
        self.renew_at = 0
        """When its token is renewed, in seconds."""
        self.code: int | None = None
        """What we closed it with."""
        self.peer_code: int | None = None
        """What the client closed it with; None: it is simply gone, or is not."""
        self.moved = False
        """It was told to go on elsewhere."""
        self.commanding = Bucket(COMMANDS_PER_SECOND, COMMANDS_AT_ONCE, now)
        self.chatting = Bucket(chats_per_second, 2 * chats_per_second, now)

    def write(self, data: bytes) -> None:
        """Frames; dropped once the connection closes. Who is too slow is closed."""
        transport = self.transport
        if self.code is not None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_BEHIND:
            self.close(signal.CLOSE_TOO_SLOW, "too slow")
            return
        transport.write(data)

    def send(self, message: ServerMessage) -> None:
        """One message."""
        self.write(frames.message(message))

    def close(self, code: int, reason: str = "") -> None:
        """Says goodbye; the client answers, or is cut off a moment later (`Watch`)."""
        if self.code is not None:
            return
        self.code = code
        self.metrics.closed.labels(str(code)).inc()
        if not self.transport.is_closing():
            self.transport.write(frames.close(code, reason))
        self.room.closing(self)
