"""What every depacketizer does, and what it makes."""

from typing import NamedTuple, Protocol


class MalformedPayload(ValueError):
    """The payload breaks its format's rules: the frame it belongs to is lost."""


class AccessUnit(NamedTuple):
    data: bytes
    key: bool
    """A decoder can start here."""


class Depacketizer(Protocol):
    """Joins the payloads of one frame, given in order and without holes."""

    def push(self, payload: bytes) -> None:
        """Takes the next payload, which is not empty. Raises `MalformedPayload`."""

    def finish(self) -> AccessUnit | None:
        """The frame, all payloads of which were pushed; None if they make no picture.

        Raises `MalformedPayload` when its end is missing. Begins the next frame either way.
        """

    def reset(self) -> None:
        """Drops the frame in progress."""

    def starts_key_frame(self, payload: bytes) -> bool:
        """Whether a key frame surely begins with *payload*: nothing before it is needed."""
