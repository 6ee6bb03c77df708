"""Who reads the database reads neither keys nor answers."""

import pytest
from cryptography.exceptions import InvalidTag

from rooms.api import sealing


def test_an_answer_comes_back_with_its_key_only() -> None:
    """Another key opens nothing."""
    sealed = sealing.seal("k1", b'{"token": "eyJ"}')

    assert sealing.unseal("k1", sealed) == b'{"token": "eyJ"}'
    with pytest.raises(InvalidTag):
        sealing.unseal("k2", sealed)


def test_nothing_shows() -> None:
    """Neither in the name nor in the answer, and the same answer never looks the same."""
    sealed = sealing.seal("order-4711", b"secret")

    assert b"secret" not in sealed
    assert "order-4711" not in sealing.name("order-4711")
    assert sealed != sealing.seal("order-4711", b"secret")
    assert sealing.name("order-4711") == sealing.name("order-4711")
