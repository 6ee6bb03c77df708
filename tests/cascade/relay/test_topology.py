"""Laws of cascade.relay.topology."""

from hypothesis import given
from hypothesis import strategies as st

from cascade.relay.records import NodeRecord
from cascade.relay.settings import RelaySettings
from cascade.relay.topology import Carrier, Place, alternate, parent

NAMES = ["a", "b", "c", "d", "e", "f"]
REGIONS = ["", "eu", "us"]
ME = Place("a", "eu")


@st.composite
def _nodes(draw: st.DrawFn) -> dict[str, NodeRecord]:
    alive = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return {
        name: NodeRecord(
            node=name,
            url=f"http://{name}",
            region=draw(st.sampled_from(REGIONS)),
            load=draw(st.sampled_from([0.0, 0.04, 0.3, 0.5, 0.99, 1.0, 2.0])),
            draining=draw(st.booleans()),
        )
        for name in alive
    }


@st.composite
def _carriers(draw: st.DrawFn) -> list[Carrier]:
    carriers = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        others = st.lists(
            st.sampled_from([other for other in NAMES if other != name]), unique=True, max_size=4
        )
        path = (*draw(others), name)
        carriers.append(Carrier(name, path, draw(st.integers(0, 3))))
    return carriers


LIMITS = st.builds(RelaySettings, max_children=st.integers(1, 3), max_depth=st.integers(1, 4))
AVOID = st.sets(st.sampled_from(NAMES), max_size=2)


@given(_nodes(), _carriers(), LIMITS, AVOID)
def test_a_parent_lives_and_leads_to_the_publisher(
    nodes: dict[str, NodeRecord], carriers: list[Carrier], limits: RelaySettings, avoid: set[str]
) -> None:
    """Never this node itself, one that it feeds, one that is gone, stops or is avoided, nor one
    whose publisher's node is gone.
    """
    chosen = parent(ME, nodes, carriers, limits, avoid)
    if chosen is None:
        return
    assert chosen in carriers
    assert chosen.node not in avoid
    assert "a" not in chosen.path
    assert not nodes[chosen.node].draining
    assert chosen.path[0] in nodes


@given(_nodes(), _carriers(), LIMITS, AVOID)
def test_limits_hold_but_for_the_publishers_own_node(
    nodes: dict[str, NodeRecord], carriers: list[Carrier], limits: RelaySettings, avoid: set[str]
) -> None:
    """A parent is full in no respect, unless it is the publisher's own and all are."""
    chosen = parent(ME, nodes, carriers, limits, avoid)
    if chosen is None or chosen.is_origin:
        return
    assert chosen.children < limits.max_children
    assert nodes[chosen.node].load < 1
    # This node's own place in the path is the one after the parent's.
    assert len((*chosen.path, "a")) - 1 <= limits.max_depth


@given(_nodes(), _carriers(), LIMITS)
def test_the_own_region_comes_first_then_the_least_loaded(
    nodes: dict[str, NodeRecord], carriers: list[Carrier], limits: RelaySettings
) -> None:
    """Nobody who would do is nearer, or clearly less loaded in the same region."""
    chosen = parent(ME, nodes, carriers, limits)
    for carrier in carriers:
        if parent(ME, nodes, [carrier], limits) is None:
            continue
        assert chosen is not None, "whoever is fit alone is fit among others"
        record, best = nodes[carrier.node], nodes[chosen.node]
        full = record.load >= 1 or carrier.children >= limits.max_children
        if full or len(carrier.path) > limits.max_depth:
            continue
        assert best.region == "eu" or record.region != "eu"
        if (best.region == "eu") == (record.region == "eu"):
            assert best.load < record.load + 0.1


@given(_nodes(), _carriers(), LIMITS, AVOID, st.randoms())
def test_the_order_in_which_records_came_changes_nothing(
    nodes: dict[str, NodeRecord],
    carriers: list[Carrier],
    limits: RelaySettings,
    avoid: set[str],
    random: object,
) -> None:
    """Two nodes that know the same decide the same."""
    shuffled = list(carriers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert parent(ME, nodes, carriers, limits, avoid) == parent(
        ME, dict(reversed(nodes.items())), shuffled, limits, avoid
    )


def test_a_tree_that_grows_one_by_one_stays_in_its_limits() -> None:
    """Each of many nodes finds a parent, none has more children than it may, and nobody is
    deeper than allowed, as long as there is room in such a tree.
    """
    limits = RelaySettings(max_children=3, max_depth=3)
    names = [f"n{number:02d}" for number in range(3 + 9 + 27)]
    nodes = {name: NodeRecord(name, f"http://{name}") for name in ["origin", *names]}
    paths: dict[str, tuple[str, ...]] = {"origin": ("origin",)}
    children: dict[str, int] = dict.fromkeys(nodes, 0)
    for name in names:
        carriers = [Carrier(node, path, children[node]) for node, path in paths.items()]
        chosen = parent(Place(name), nodes, carriers, limits)
        assert chosen is not None
        children[chosen.node] += 1
        paths[name] = (*chosen.path, name)
    assert max(children.values()) == 3
    assert max(len(path) - 1 for path in paths.values()) == 3


@given(_nodes(), _carriers())
def test_an_alternate_is_another_node_with_room(
    nodes: dict[str, NodeRecord], carriers: list[Carrier]
) -> None:
    """One that lives, does not stop and is not full; in the own region if there is any there."""
    found = alternate(ME, nodes, carriers)
    fit = [
        record
        for record in nodes.values()
        if record.node != "a" and not record.draining and record.load < 1
    ]
    assert (found in fit) if fit else found is None
    if found is not None and found.region != "eu":
        assert all(record.region != "eu" for record in fit)
