"""Laws of which layer is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.sdp_layers import Rid
from levelchat.rtc.simulcast import quality_order


def rid(name: str, **limits: int) -> Rid:
    return Rid(
        name, restrictions=tuple((key.replace("_", "-"), str(n)) for key, n in limits.items())
    )


@pytest.mark.parametrize(
    ("offered", "lowest_first"),
    [
        ("h m l", "l m h"),
        ("f h q", "q h f"),
        ("f q", "q f"),
        ("h l", "l h"),
        ("High low MID", "low MID High"),
        ("full quarter half", "quarter half full"),
        ("2 0 1", "0 1 2"),
        ("r10 r9", "r9 r10"),
        ("b a c", "b a c"),
        ("r1 s0", "r1 s0"),
        ("x", "x"),
    ],
)
def test_names_that_everybody_means_the_same_by(offered: str, lowest_first: str) -> None:
    """Known names have an order; of others the offer's is the one, lowest first."""
    assert quality_order([rid(name) for name in offered.split()]) == tuple(lowest_first.split())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"max_width": 320, "max_height": 180}, {"max_width": 640, "max_height": 360}),
        ({"max_fs": 1000}, {"max_fs": 4000}),
        ({"max_width": 320}, {"max_width": 640}),
        ({"max_height": 90}, {"max_height": 180}),
        ({"max_br": 100}, {"max_br": 900}),
        ({"max_width": 640, "max_br": 100}, {"max_width": 640, "max_br": 900}),
    ],
)
def test_restrictions_are_stronger_than_names(
    first: dict[str, int], second: dict[str, int]
) -> None:
    """Where all layers say how large they are, that is the order."""
    assert quality_order([rid("l", **second), rid("h", **first)]) == ("h", "l")


def test_a_restriction_of_one_layer_only_says_nothing() -> None:
    """The full layer often has none."""
    assert quality_order([rid("h"), rid("l", max_width=320)]) == ("l", "h")


@given(st.lists(st.text("lmhqf012ab", min_size=1, max_size=3), unique=True, max_size=5))
def test_no_layer_is_lost(names: list[str]) -> None:
    """The order has the same names."""
    assert sorted(quality_order([Rid(name) for name in names])) == sorted(names)
