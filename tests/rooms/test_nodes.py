"""Which nodes are alive."""

from hypothesis import given
from hypothesis import strategies as st

from levelchat.bus.messages import Lease
from rooms.nodes import LEASE_SECONDS, MAX_NODES, Nodes

MS = 1000


def _lease(node: str, load: float = 0.0) -> Lease:
    return Lease(node, ("ingest",), "", f"http://{node}", load, 0)


def test_a_node_not_heard_of_for_fifteen_seconds_is_gone() -> None:
    """It is there until its lease is over, and back with the next one."""
    nodes = Nodes()
    nodes.take(_lease("a"), 0)

    assert nodes.alive(LEASE_SECONDS * MS - 1) == [_lease("a")]
    assert nodes.alive(LEASE_SECONDS * MS) == []
    nodes.take(_lease("a"), LEASE_SECONDS * MS)
    assert nodes.alive(LEASE_SECONDS * MS) == [_lease("a")]


def test_the_last_word_of_a_node_counts() -> None:
    """A node is its latest lease, and nodes come in the order of their names."""
    nodes = Nodes()
    for lease in (_lease("b", 0.1), _lease("a", 0.2), _lease("b", 0.3)):
        assert nodes.take(lease, 0)

    assert nodes.alive(1) == [_lease("a", 0.2), _lease("b", 0.3)]


def test_nodes_are_bounded() -> None:
    """One too many is refused and counted, until another has gone; those known go on."""
    nodes = Nodes()
    for number in range(MAX_NODES):
        nodes.take(_lease(f"n{number}"), number)

    assert not nodes.take(_lease("one-more"), MAX_NODES)
    assert nodes.take(_lease("n0", 0.5), MAX_NODES)
    assert nodes.refused == 1
    assert nodes.take(_lease("one-more"), LEASE_SECONDS * MS + 1)


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from("abc")), max_size=30),
    st.integers(0, 20_000),
)
def test_alive_are_those_heard_of_lately(steps: list[tuple[int, str]], after: int) -> None:
    """Whenever leases come, a node is alive for exactly one lease after its last one."""
    nodes, heard, now = Nodes(), {}, 0
    for wait, node in steps:
        now += wait
        nodes.take(_lease(node), now)
        heard[node] = now
    now += after

    expected = sorted(node for node, at in heard.items() if now - at < LEASE_SECONDS * MS)
    assert [lease.node for lease in nodes.alive(now)] == expected
