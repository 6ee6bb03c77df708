"""Where the media of a room goes."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.bus.messages import Lease
from rooms.model import RoomType
from rooms.placement import NEAR, Placement, place

ALL = ("ingest", "packager", "edge")


def _node(
    name: str,
    load: float = 0.0,
    *,
    region: str = "",
    planes: tuple[str, ...] = ALL,
    draining: bool = False,
) -> Lease:
    return Lease(name, planes, region, f"http://{name}", load, 0, draining)


def _on(name: str) -> Placement:
    return Placement("sfu", f"http://{name}", None, f"http://{name}", f"http://{name}")


@pytest.mark.parametrize(
    ("hint", "nodes", "expected"),
    [
        (None, [], Placement("sfu")),
        (None, [_node("a")], _on("a")),
        # The least busy, if the others are much busier.
        (None, [_node("a", 0.9), _node("b", 0.1)], _on("b")),
        # In the region that was asked for, even if others are less busy.
        ("eu", [_node("a", 0.9, region="eu"), _node("b", region="us")], _on("a")),
        ("EU", [_node("a", 0.9, region="eu-west-1"), _node("b", region="us")], _on("a")),
        ("eu", [_node("a", 0.1, region="europe"), _node("b", 0.9, region="eu")], _on("b")),
        # Nobody there: anywhere rather than nowhere.
        ("asia", [_node("a", 0.9, region="eu"), _node("b", region="us")], _on("b")),
        ("eu", [_node("a", 1.0, region="eu"), _node("b", region="us")], _on("b")),
        # Neither full nor draining, nor of a load that is no number.
        (None, [_node("a", draining=True), _node("b", 0.99)], _on("b")),
        (None, [_node("a", 1.0), _node("b", float("nan"))], Placement("sfu")),
        # Better one node that does all than two that share.
        (None, [_node("a", planes=("ingest",)), _node("b", 0.9)], _on("b")),
        (
            None,
            [
                _node("a", planes=("ingest",)),
                _node("b", planes=("packager", "edge")),
                _node("c", planes=("cascade",)),
            ],
            Placement("sfu", "http://a", "http://c", "http://b", "http://b"),
        ),
    ],
)
def test_where_a_room_goes(hint: str | None, nodes: list[Lease], expected: Placement) -> None:
    """Region first, then load; one node for all if one can."""
    assert place("r_1", RoomType.LIVE, hint, nodes) == expected


def test_two_need_no_node() -> None:
    """rooms.md §3: media of a `1to1` room flows directly between the two."""
    assert place("r_1", RoomType.ONE_TO_ONE, None, [_node("a")]) == Placement("p2p")


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (_node("a", 0.9), "a"),
        (_node("a", 1.0), "a"),
        (_node("a", 0.0, draining=True), "b"),
        (_node("gone"), "b"),
    ],
)
def test_a_room_stays_where_it_is(current: Lease, expected: str) -> None:
    """While its node lives and does not stop, a room stays there, however busy it is."""
    nodes = [_node("b", 0.1)] + ([current] if current.node == "a" else [])

    assert place("r_1", RoomType.LIVE, None, nodes, current="a").ingest == f"http://{expected}"


def test_rooms_spread_over_nodes_that_are_equally_busy() -> None:
    """Of a thousand rooms, each of four nodes gets about a quarter."""
    nodes = [_node(name, NEAR * index / 4) for index, name in enumerate("abcd")]

    counted = Counter(
        place(f"r_{number}", RoomType.MEETING, None, nodes).ingest for number in range(1000)
    )

    assert sorted(counted) == [f"http://{name}" for name in "abcd"]
    assert min(counted.values()) > 190


_leases = st.lists(
    st.builds(
        _node,
        st.sampled_from("abcdefgh"),
        st.floats(0, 1.2),
        region=st.sampled_from(["", "eu", "us"]),
        planes=st.sampled_from([ALL, ("ingest",), ("edge",), ("packager", "cascade")]),
        draining=st.booleans(),
    ),
    unique_by=lambda lease: lease.node,
    max_size=8,
)
_hints = st.sampled_from([None, "eu", "us", "asia"])


@given(_leases, _hints, st.randoms())
def test_every_replica_decides_alike(nodes: list[Lease], hint: str | None, random: object) -> None:
    """The order in which leases were heard does not matter."""
    shuffled = list(nodes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert place("r_1", RoomType.LIVE, hint, nodes) == place("r_1", RoomType.LIVE, hint, shuffled)


@given(_leases, _hints)
def test_work_goes_to_who_can_do_it(nodes: list[Lease], hint: str | None) -> None:
    """No part of the work goes to a node that is full, stops, or does not run that plane, and
    none is left undone that a node could do.
    """
    placed = place("r_1", RoomType.LIVE, hint, nodes)
    usable = [node for node in nodes if not node.draining and node.load < 1]

    for url, plane in [
        (placed.ingest, "ingest"),
        (placed.relay, "cascade"),
        (placed.packager, "packager"),
        (placed.edge, "edge"),
    ]:
        able = {node.url for node in usable if plane in node.planes}
        assert (url in able) if able else (url is None)


@given(st.integers(0, 99), st.lists(st.floats(0, NEAR), min_size=3, max_size=3), st.data())
def test_a_node_that_comes_or_goes_moves_no_room_but_its_own(
    number: int, loads: list[float], data: st.DataObject
) -> None:
    """Without node x, rooms that were not on x stay where they were; loads that move a little
    move no room.
    """
    nodes = [_node(name, load) for name, load in zip("abc", loads, strict=True)]
    placed = place(f"r_{number}", RoomType.LIVE, None, nodes).ingest
    gone = data.draw(st.sampled_from(nodes))
    if gone.url != placed:
        left = [node for node in nodes if node is not gone]
        assert place(f"r_{number}", RoomType.LIVE, None, left).ingest == placed

    busier = [msgspec.structs.replace(node, load=data.draw(st.floats(0, NEAR))) for node in nodes]
    assert place(f"r_{number}", RoomType.LIVE, None, busier).ingest == placed
