"""Datagrams in a stream (RFC 4571): each with its length in two bytes before it.

Comes in: pieces of a stream, cut anywhere, or a datagram. Goes out: datagrams, or what to write.
It keeps no more than one frame that is not whole. Pure.
"""

MAX_FRAME = 1500
"""Bytes; what is longer would fit no datagram of WebRTC, and the stream is of something else."""
_LENGTH = 2


class MalformedFrame(ValueError):
    """A frame longer than any datagram of WebRTC."""


class FrameReader:
    """The frames of one stream."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The datagrams that *data* completes; raises `MalformedFrame`."""
        stream = self._kept + data if self._kept else data
        whole = []
        position, end = 0, len(stream)
        while position + _LENGTH <= end:
            length = int.from_bytes(stream[position : position + _LENGTH], "big")
            if length > MAX_FRAME:
                raise MalformedFrame(f"a frame of {length} bytes, and {MAX_FRAME} is the most")
            if position + _LENGTH + length > end:
                break
            position += _LENGTH
            # RFC 4571 §2: a null packet has length 0 and no bytes; it carries nothing.
            if length:
                whole.append(stream[position : position + length])
            position += length
        self._kept = stream[position:]
        return whole


def frame(datagram: bytes) -> bytes:
    """*datagram* as it goes into a stream."""
    return len(datagram).to_bytes(_LENGTH, "big") + datagram
