"""What nodes write down for each other in the directory.

Comes in: what a node knows of itself, or bytes that another has written. Goes out: the bytes, or
the value; None for what cannot be read, as from a node of another release. Pure.
"""

import hashlib
import re
from typing import TypeVar

import msgspec

VERSION = 1
NODES = "node."
ROOMS = "room."
MAX_SESSIONS = 200
"""Of a room in one record, so that it stays below the directory's 64 KiB."""
MAX_PATH = 16

_WORD = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_Record = TypeVar("_Record", bound=msgspec.Struct)


class NodeRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node that others can pull from, and send subscribers to."""

    node: str
    url: str
    """Where its HTTP is reached by others, without a slash at the end."""
    region: str = ""
    load: float = 0.0
    """Of its budget that is nearest to its end; at 1.0 it takes nobody new."""
    packets: int = 0
    """That it sends a second."""
    subscribers: int = 0
    draining: bool = False
    version: int = VERSION


class CarriedSession(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session whose media flow through a node."""

    session: str
    path: tuple[str, ...]
    """From the publisher's node to this one."""
    identity: str = ""
    name: str = ""
    programme: bool = False

    @property
    def depth(self) -> int:
        """Nodes above this one."""
        return len(self.path) - 1


class RoomRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a node carries of one room."""

    node: str
    room: str
    sessions: tuple[CarriedSession, ...] = ()
    children: int = 0
    """Nodes that pull any of it."""
    version: int = VERSION


_encode = msgspec.msgpack.Encoder().encode
_nodes = msgspec.msgpack.Decoder(NodeRecord)
_rooms = msgspec.msgpack.Decoder(RoomRecord)


def word(node: str) -> str:
    """*node* as a key can hold it: names of machines have dots, and may have anything."""
    if _WORD.fullmatch(node):
        return node
    # With an underscore no other node's name is the same word.
    return f"_{hashlib.sha256(node.encode()).hexdigest()[:32]}"


def node_key(node: str) -> str:
    """Of the record of *node*."""
    return f"{NODES}{word(node)}"


def room_key(room: str, node: str) -> str:
    """Of what *node* carries of *room*."""
    return f"{ROOMS}{room}.{word(node)}"


def encode(record: NodeRecord | RoomRecord) -> bytes:
    """As bytes."""
    if isinstance(record, RoomRecord) and len(record.sessions) > MAX_SESSIONS:
        record = msgspec.structs.replace(record, sessions=record.sessions[:MAX_SESSIONS])
    return _encode(record)


def read_node(key: str, data: bytes) -> NodeRecord | None:
    """The record under *key*, if it is one that we understand."""
    record = _read(_nodes, data)
    if record is None or record.version != VERSION or key != node_key(record.node):
        return None
    # An address in a record is where this node will send its token: nothing but HTTP.
    if not record.url.startswith(("http://", "https://")) or not record.load >= 0:
        return None
    return record


def read_room(key: str, data: bytes) -> RoomRecord | None:
    """The record under *key*, if it is one that we understand."""
    record = _read(_rooms, data)
    if record is None or record.version != VERSION or key != room_key(record.room, record.node):
        return None
    if len(record.sessions) > MAX_SESSIONS:
        return None
    whole = all(
        0 < len(carried.path) <= MAX_PATH and carried.path[-1] == record.node
        for carried in record.sessions
    )
    return record if whole else None


def _read(decoder: msgspec.msgpack.Decoder[_Record], data: bytes) -> _Record | None:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
