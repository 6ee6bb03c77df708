"""What is published on a stage: tracks with their layers, as others may subscribe to them.

Pure values. A layer's `source` is the forwarding core's identifier of its packets, so that whoever
subscribes need not know who publishes, nor whether here or on a node above.
"""

from collections.abc import Callable

import msgspec

from levelchat.media.codec import Codec, Kind


class Layer(msgspec.Struct, frozen=True):
    """One simulcast layer, or the whole of a track that has none."""

    source: int
    rid: str = ""
    """Empty without simulcast."""


class PublishedTrack(msgspec.Struct, frozen=True):
    """One medium of a publication."""

    codec: Codec
    layers: tuple[Layer, ...]
    """From the lowest to the highest; at least one."""
    fmtp: str = ""
    """Of the publisher's SDP: for H.264 its profile and packetization mode."""
    dependency_descriptor: bool = False
    """Packets carry it: layers within the stream (SVC) can be told apart."""
    red: bool = False
    """Its packets are redundant audio made of the codec (RFC 2198)."""

    @property
    def kind(self) -> Kind:
        return self.codec.kind


class Publication(msgspec.Struct, frozen=True):
    """What one session publishes in a room."""

    room: str
    """The media id."""
    session: str
    """`s_` and a ULID; the same on every node that carries it."""
    identity: str
    name: str
    tracks: tuple[PublishedTrack, ...]
    request_key_frame: Callable[[int], None]
    """Asks the publisher (or the node above) for a key frame of that source; may be called as
    often as one likes: who is asked sees to the spacing."""
    programme: bool = False
    """HLS shows this one."""
    depth: int = 0
    """Nodes between the publisher's and this one; 0: it publishes here."""
