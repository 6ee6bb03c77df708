"""Laws of the test pattern's letters."""

import numpy as np
import pytest

from levelchat.client import lettering

KNOWN = "LevelChat 0123456789: UTC"


@pytest.mark.parametrize("height", [5, 20, 53, 120])
def test_a_text_is_as_high_as_asked(height: int) -> None:
    """A mask has the height it was asked for, and bright and dark pixels."""
    mask = lettering.mask(KNOWN, height)

    assert mask.shape[0] == height
    assert mask.dtype == np.uint8
    assert (mask.min(), mask.max()) == (0, 255)


def test_digits_are_equally_wide() -> None:
    """A running clock does not wobble."""
    assert len({lettering.mask(digit, 40).shape for digit in "0123456789"}) == 1


def test_letters_differ() -> None:
    """No two letters look alike."""
    drawn = {lettering.mask(letter, 28).tobytes() for letter in set(KNOWN)}

    assert len(drawn) == len(set(KNOWN))


def test_edges_are_smooth() -> None:
    """Between dark and bright lies something in between."""
    mask = lettering.mask("LevelChat", 120)

    assert ((mask > 20) & (mask < 235)).any()
