"""Laws of rooms.api.known."""

import pytest

from rooms.api.known import KNOWN_FOR, KnownKeys
from rooms.model import Principal

WHO = Principal("org_1", "prj_1", "key", "k1")


def test_a_good_key_is_known_for_a_while() -> None:
    """For its time, and neither for longer nor before it was found good."""
    keys = KnownKeys()
    keys.keep("a", WHO, 100)

    assert keys.find("a", 100) == WHO
    assert keys.find("a", 99 + KNOWN_FOR) == WHO
    assert keys.find("b", 100) is None
    assert keys.find("a", 100 + KNOWN_FOR) is None


def test_a_clock_set_back_keeps_no_key() -> None:
    """A key that seems to be from the future is asked for again."""
    keys = KnownKeys()
    keys.keep("a", WHO, 100)

    assert keys.find("a", 99) is None


@pytest.mark.parametrize("revoked", ["org_1", "prj_1", "k1"])
def test_a_revocation_is_heard(revoked: str) -> None:
    """Revoking a key, its project or its organisation forgets it at once, and no other."""
    keys = KnownKeys()
    keys.keep("a", WHO, 0)
    keys.keep("b", Principal("org_2", "prj_2", "key", "k2"), 0)
    keys.forget(revoked)

    assert keys.find("a", 0) is None
    assert keys.find("b", 0) is not None


def test_the_table_is_bounded() -> None:
    """A flood of keys forgets the oldest."""
    keys = KnownKeys(table=2)
    for name in "abc":
        keys.keep(name, WHO, 0)

    assert len(keys) == 2
    assert keys.find("a", 0) is None


def test_a_key_of_any_bytes_is_only_a_name() -> None:
    """What a header may carry, surrogates of raw bytes included, is looked up without a fault."""
    assert KnownKeys().find("lc_pk_\udcff", 0) is None
