"""Messages between a packager's supervisor and its process, and their framing on a stream.

Comes in: messages. Goes out: bytes, each message a 4-byte big-endian length and MessagePack.
"""

import struct

import msgspec

from levelchat.media.frame import EncodedFrame, TrackInfo
from levelchat.media.program import Part, Program, Rendition

MAX_MESSAGE = 16 << 20
"""Bytes. A 1080p key frame stays below 2 MiB and a 4 s segment at 20 Mbit/s below 10 MiB."""

_LENGTH = struct.Struct("!I")


class WireError(ValueError):
    """The peer process sent what is not a message; the connection cannot go on."""


class Open(msgspec.Struct, frozen=True, tag="open", array_like=True):
    """Supervisor → process: a publisher begins (again)."""

    tracks: tuple[TrackInfo, ...]


class Frame(msgspec.Struct, frozen=True, tag="frame", array_like=True):
    """Supervisor → process."""

    frame: EncodedFrame


class Close(msgspec.Struct, frozen=True, tag="close", array_like=True):
    """Supervisor → process: the publisher is gone; keep the picture until told to finish."""

    reason: str


class Finish(msgspec.Struct, frozen=True, tag="finish", array_like=True):
    """Supervisor → process: flush what is there, say `Ended`, and exit."""


class Started(msgspec.Struct, frozen=True, tag="started", array_like=True):
    """Process → supervisor."""

    program: Program


class RenditionAdded(msgspec.Struct, frozen=True, tag="added", array_like=True):
    """Process → supervisor."""

    rendition: Rendition


class PartReady(msgspec.Struct, frozen=True, tag="part", array_like=True):
    """Process → supervisor."""

    part: Part


class KeyFrameWanted(msgspec.Struct, frozen=True, tag="key", array_like=True):
    """Process → supervisor: the decoder cannot go on."""


class Dropped(msgspec.Struct, frozen=True, tag="dropped", array_like=True):
    """Process → supervisor: work left undone since the last such message."""

    rendition: str
    frames: int
    reason: str


class Ended(msgspec.Struct, frozen=True, tag="ended", array_like=True):
    """Process → supervisor: nothing more will come."""


ToProcess = Open | Frame | Close | Finish
FromProcess = Started | RenditionAdded | PartReady | KeyFrameWanted | Dropped | Ended
Message = ToProcess | FromProcess


def pack(message: Message) -> bytes:
    """The message as it goes over the socket."""
    body = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Turns a stream's bytes back into messages.

    Raises `WireError` for a length beyond `MAX_MESSAGE` and for what is not a known message.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that *data* completes."""
        self._buffer += data
        messages: list[Message] = []
        position = 0
        while len(self._buffer) - position >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, position)
            if length > MAX_MESSAGE:
                raise WireError(f"a message of {length} bytes; the limit is {MAX_MESSAGE}")
            end = position + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(self._decode(bytes(self._buffer[position + _LENGTH.size : end])))
            position = end
        del self._buffer[:position]
        return messages

    def _decode(self, body: bytes) -> Message:
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(f"not a message: {error}") from error
