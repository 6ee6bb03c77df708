"""Laws of cascade.relay.view."""

from cascade.relay.records import (
    CarriedSession,
    NodeRecord,
    RoomRecord,
    encode,
    node_key,
    room_key,
)
from cascade.relay.topology import Carrier
from cascade.relay.view import View
from levelchat.bus.directory_local import LocalDirectory
from levelchat.clock import SystemClock


async def test_it_knows_what_the_directory_does() -> None:
    """Nodes and what they carry, from before and after it began; nothing of what is gone."""
    directory = LocalDirectory(SystemClock())
    view = View()
    told: list[str] = []
    view.on_node = view.on_room = told.append
    directory.put(node_key("n.1"), encode(NodeRecord("n.1", "http://n1")))
    await view.open(directory)
    one = RoomRecord("n.1", "r_demo", (CarriedSession("s_1", ("n.1",), "ann", "Ann"),), 1)
    two = RoomRecord("n.2", "r_demo", (CarriedSession("s_1", ("n.1", "n.2")),))
    directory.put(room_key("r_demo", "n.2"), encode(two))
    directory.put(room_key("r_demo", "n.1"), encode(one))

    assert told == ["n.1", "r_demo", "r_demo"]
    assert list(view.nodes) == ["n.1"]
    assert view.sessions("r_demo") == {"s_1": one.sessions[0]}
    assert sorted(view.carriers("r_demo", "s_1"), key=str) == [
        Carrier("n.1", ("n.1",), 1),
        Carrier("n.2", ("n.1", "n.2"), 0),
    ]
    assert view.path("r_demo", "s_1", "n.2") == ("n.1", "n.2")
    assert view.path("r_demo", "s_2", "n.2") == ()

    directory.delete(room_key("r_demo", "n.1"))
    directory.delete(room_key("r_demo", "n.2"))
    directory.delete(node_key("n.1"))
    assert (dict(view.nodes), view.sessions("r_demo")) == ({}, {})
    await view.close()
    directory.put(node_key("n.1"), encode(NodeRecord("n.1", "http://n1")))
    assert not view.nodes


async def test_what_it_cannot_read_is_as_if_it_were_gone() -> None:
    """A record of another release replaces ours by nothing."""
    directory = LocalDirectory(SystemClock())
    view = View()
    await view.open(directory)
    directory.put(node_key("n1"), encode(NodeRecord("n1", "http://n1")))
    assert "n1" in view.nodes
    directory.put(node_key("n1"), b"\xc1")
    directory.put(room_key("r_demo", "n1"), b"\xc1")
    assert not view.nodes
    assert not view.sessions("r_demo")
