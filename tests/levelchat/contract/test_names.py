"""What a room may be called in a URL."""

import re

import pytest

from levelchat.contract import names


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("r_a-B_9", True),
        ("r_" + "a" * 64, True),
        ("r_", False),
        ("r_" + "a" * 65, False),
        ("x_a", False),
        ("r_a/b", False),
        ("r_a\n", False),
    ],
)
def test_a_room_is_named_so_that_no_url_breaks(name: str, *, fits: bool) -> None:
    """`r_` and 1 to 64 letters, digits, `_` or `-`."""
    assert bool(re.fullmatch(names.ROOM, name)) is fits
