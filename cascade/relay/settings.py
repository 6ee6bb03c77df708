"""What a relay is allowed."""

import msgspec


class RelaySettings(msgspec.Struct, frozen=True):
    """Of the section `cascade`, what concerns other nodes."""

    max_children: int = 16
    """Nodes that pull one room from this one."""
    max_depth: int = 3
    """Nodes between a publisher's own and the last that forwards it."""
    linger_seconds: float = 20.0
    """How long a room is still pulled after its last subscriber left."""
    silence_ms: int = 500
    """How long a node above may send nothing that it should before another is asked. It is asked
    why after two fifths of this; one that is gone is left then."""
    probe_ms: int = 300
    """How long it may take to answer that."""
    retry_ms: int = 500
    """Between two tries to pull a session."""
    lost_seconds: float = 10.0
    """A session that was not to be had from anybody for this long is over."""
    overlap_seconds: float = 2.0
    """How long the former node's packets are still taken after another has taken over."""
    drain_seconds: float = 4.0
    """How long children have to go elsewhere when the node stops."""
