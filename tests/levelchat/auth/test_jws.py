"""Laws of levelchat.auth.jws."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from levelchat.auth import jws
from levelchat.auth.jws import Signer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(KEY, "one")


def _find(kid: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if kid == "one" else None


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(header: Any, body: bytes = b"{}") -> str:
    covered = f"{_part(json.dumps(header).encode())}.{_part(body)}"
    return f"{covered}.{_part(KEY.sign(covered.encode()))}"


@given(st.binary(max_size=100))
def test_what_was_signed_comes_back(payload: bytes) -> None:
    """Any payload but an empty one, which no token has."""
    if payload:
        assert jws.payload(SIGNER.sign(payload), _find) == payload


@given(st.integers(0, 200), st.sampled_from("AQgw-_x."))
def test_a_changed_token_is_refused(place: int, letter: str) -> None:
    """Whichever letter is changed, it proves nothing any more."""
    token = SIGNER.sign(b'{"room":"r_1","sub":"ada"}')
    place %= len(token) - 1  # the last letter has bits that mean nothing
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(ValueError, match="it"):
            jws.payload(changed, _find)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "one"},
        {"alg": "HS256", "kid": "one"},
        {"alg": "eddsa", "kid": "one"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "kid": "two"},
        {"alg": "EdDSA", "kid": 1},
        {"alg": "EdDSA", "kid": "one", "crit": ["exp"], "exp": 1},
        ["EdDSA"],
        None,
    ],
)
def test_only_our_own_headers_are_read(header: Any) -> None:
    """Another algorithm, an unknown key or an extension is refused, though the key signed it."""
    with pytest.raises(ValueError, match=r".+"):
        jws.payload(_signed(header), _find)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c.d", "a b.c.d", "a.b.c\n", "ä.b.c"])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Three parts of base64url, and nothing around them."""
    with pytest.raises(ValueError, match=r".+"):
        jws.payload(token, _find)
