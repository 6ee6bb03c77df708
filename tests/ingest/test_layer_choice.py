"""Laws of which simulcast layer is packaged."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.layer_choice import SILENT_NS, LayerChoice

FRAME_NS = 33_000_000
START = 1_000_000_000_000


def test_the_best_that_flows_is_packaged() -> None:
    """A lower layer goes as long as no key frame of a higher one has come."""
    choice = LayerChoice(3)

    assert choice.passes(0, START, key=True)
    assert not choice.passes(2, START, key=False)
    assert choice.wanted(START) == 2
    assert choice.passes(0, START + 1, key=False)
    assert choice.passes(2, START + 2, key=True)
    assert choice.wanted(START + 2) is None
    assert not choice.passes(0, START + 3, key=True)


def test_a_layer_that_falls_silent_is_left() -> None:
    """At a key frame of the best that is left; and it is gone back to when it flows again."""
    choice = LayerChoice(2)
    choice.passes(1, START, key=True)
    later = START + SILENT_NS + 1

    assert not choice.passes(0, later, key=False)
    assert choice.wanted(later) == 0
    assert choice.passes(0, later + FRAME_NS, key=True)

    back = later + 2 * FRAME_NS
    assert not choice.passes(1, back, key=False)
    assert choice.wanted(back) == 1
    assert choice.passes(1, back + FRAME_NS, key=True)


def test_only_what_is_packaged_needs_key_frames() -> None:
    """Of any layer before the first frame; then of the one that is decoded."""
    choice = LayerChoice(2)
    assert choice.needs(0)
    assert choice.needs(1)

    choice.passes(1, START, key=True)

    assert choice.needs(1)
    assert not choice.needs(0)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1))
def test_every_change_of_layer_is_at_a_key_frame(frames: list[tuple[int, bool]]) -> None:
    """Whatever comes in whichever order, what passes can be decoded."""
    choice = LayerChoice(3)
    current = None
    for place, (layer, key) in enumerate(frames):
        if choice.passes(layer, START + place * FRAME_NS, key=key):
            assert layer == current or key
            current = layer
