"""What replicas say to each other about a room that both have participants of. Pure.

Comes in: words. Goes out: the body of `Signalled` on the bus, and words from it. What is lost is
lost: people who come and go are told by the store's own messages, not by these.
"""

import msgspec

from levelchat.contract.signal import ChatMessage


class _Word(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    pass


class Said(_Word, frozen=True):
    """Send *text*, a message of the protocol, to *to*, or to all of *audience*."""

    text: bytes
    audience: int = 0
    to: str = ""


class Chatted(_Word, frozen=True):
    """A chat message to all: it belongs into the history as well."""

    message: ChatMessage


class HandMoved(_Word, frozen=True):
    """A hand was raised at *at*, or (None) lowered."""

    participant: str
    at: int | None


class Taken(_Word, frozen=True):
    """A session goes on at this replica: whoever has its old connection drops it."""

    session: str


class Wanted(_Word, frozen=True):
    """A replica has its first participant of this room: what is not in the store, please."""


class Known(_Word, frozen=True):
    """The answer: raised hands by participant, kinds of tracks by session."""

    hands: dict[str, int]
    tracks: dict[str, tuple[str, ...]]


Word = Said | Chatted | HandMoved | Taken | Wanted | Known

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def encode(word: Word) -> bytes:
    """*word* as a body."""
    return _encoder.encode(word)


def decode(body: bytes) -> Word | None:
    """The word; None if it is one of another release."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
