"""Laws of cascade.relay.records."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade.relay import records
from cascade.relay.records import (
    MAX_SESSIONS,
    CarriedSession,
    NodeRecord,
    RoomRecord,
    encode,
    node_key,
    read_node,
    read_room,
    room_key,
)
from levelchat.bus.directory_known import MAX_RECORD, check

NODE = NodeRecord("n1", "https://n1.example", "eu", 0.5, 1000, 7, draining=True)
ROOM = RoomRecord("n2", "r_demo", (CarriedSession("s_1", ("n1", "n2"), "ann", "Ann", True),), 3)


def test_what_is_written_is_read() -> None:
    """Both records come back as they were; the depth is the number of nodes above."""
    assert read_node(node_key("n1"), encode(NODE)) == NODE
    assert read_room(room_key("r_demo", "n2"), encode(ROOM)) == ROOM
    assert ROOM.sessions[0].depth == 1


@given(st.text(max_size=80))
def test_every_name_of_a_node_makes_a_key(name: str) -> None:
    """Machines' names have dots and more; the directory takes the key, and another name's key
    is another.
    """
    check(node_key(name), b"")
    check(room_key("r_demo", name), b"")
    assert node_key(name) != node_key(name + ".")


@given(st.binary(max_size=200))
def test_garbage_is_nobodys_record(data: bytes) -> None:
    """Bytes of another program are None, and raise nothing."""
    assert read_node("node.n1", data) is None
    assert read_room("room.r_demo.n1", data) is None


@pytest.mark.parametrize(
    ("key", "record"),
    [
        ("node.n2", NODE),
        ("node.n1", msgspec.structs.replace(NODE, version=2)),
        ("node.n1", msgspec.structs.replace(NODE, url="file:///etc/passwd")),
        ("node.n1", msgspec.structs.replace(NODE, load=float("nan"))),
        ("node.n1", msgspec.structs.replace(NODE, load=-1.0)),
    ],
)
def test_a_record_that_cannot_be_true_is_none(key: str, record: NodeRecord) -> None:
    """Under another node's key, of another version, with no HTTP address, or without a load."""
    assert read_node(key, encode(record)) is None


@pytest.mark.parametrize("path", [(), ("n1",), ("n2",) * 17])
def test_a_path_ends_at_its_node(path: tuple[str, ...]) -> None:
    """A path that is empty, leads elsewhere or never ends is none."""
    record = RoomRecord("n2", "r_demo", (CarriedSession("s_1", path),))
    assert read_room(room_key("r_demo", "n2"), encode(record)) is None


def test_a_room_of_many_fits_the_directory() -> None:
    """Even the most sessions with long names are below what a record may have."""
    session = CarriedSession("s_" + "0" * 26, ("some-node-somewhere",) * 4, "i" * 64, "n" * 64)
    record = RoomRecord("some-node-somewhere", "r_" + "x" * 64, (session,) * (MAX_SESSIONS + 9))
    data = encode(record)
    assert len(data) <= MAX_RECORD
    found = read_room(room_key(record.room, record.node), data)
    assert found is not None
    assert len(found.sessions) == records.MAX_SESSIONS
