"""How API keys look and what is kept of them."""

import secrets

import pytest

from rooms import credentials
from rooms.errors import KeyInvalid

PEPPER = bytes(range(32))


def test_a_key_reads_back() -> None:
    """The text of a new key is parsed to the same id and secret."""
    key = credentials.new_key(secrets.choice, secrets.token_bytes)

    assert credentials.parse_key(key.text) == key
    assert key.text.startswith("lc_pk_")
    assert len(key.id) == 16
    assert len(key.secret) == 43


def test_keys_are_not_guessed() -> None:
    """No two keys share an id or a secret."""
    keys = [credentials.new_key(secrets.choice, secrets.token_bytes) for _ in range(500)]

    assert len({key.id for key in keys}) == 500
    assert len({key.secret for key in keys}) == 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lc_pk_",
        "lc_pk_abc.def",
        "lc_pk_0123456789abcdef",
        "lc_pk_0123456789abcdef." + "a" * 42,
        "lc_pk_0123456789abcdef." + "a" * 44,
        "lc_pk_0123456789ABCDEF." + "a" * 43,
        "lc_sk_0123456789abcdef." + "a" * 43,
        "lc_pk_0123456789abcdef." + "a" * 42 + "é",
        "lc_pk_0123456789abcdef." + "a" * 43 + "\n",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """A text of another form proves nothing, and the refusal does not repeat it."""
    with pytest.raises(KeyInvalid) as caught:
        credentials.parse_key(text)

    assert "aaaa" not in caught.value.detail


def test_a_secret_proves_itself_only() -> None:
    """A hash is proved by its own secret under its own pepper; an unknown key by nothing."""
    stored = credentials.keyed_hash(PEPPER, "secret")

    assert credentials.proves(PEPPER, "secret", stored)
    assert not credentials.proves(PEPPER, "other", stored)
    assert not credentials.proves(PEPPER[::-1], "secret", stored)
    assert not credentials.proves(PEPPER, "secret", None)
    assert b"secret" not in stored
