"""Laws of levelchat.auth.node_token."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from levelchat.auth import keys as token_keys
from levelchat.auth import token as room_token
from levelchat.auth.capability import Capability
from levelchat.auth.errors import NoSigningKey, TokenInvalid
from levelchat.auth.keys import TokenKeys
from levelchat.auth.node_token import (
    ALGORITHM,
    AUDIENCE,
    LEEWAY,
    MIN_SECRET,
    TTL,
    TYPE,
    NodeTokens,
    is_node_token,
)

NOW = 1_800_000_000
SECRET = "a secret that all nodes know"


def _keyless() -> TokenKeys:
    """Of a node that only verifies room tokens."""
    return TokenKeys(None, KeySet([]))


def _tokens(secret: str = SECRET) -> NodeTokens:
    return NodeTokens(secret, _keyless())


def test_a_token_proves_its_node_to_others_with_the_secret() -> None:
    """What one node mints tells another its name."""
    token = _tokens().mint("relay-1", NOW)

    assert is_node_token(token)
    assert _tokens().verify(token, NOW) == "relay-1"


def test_another_installation_is_not_believed() -> None:
    """Another secret, or a changed letter, proves nothing."""
    token = _tokens("somebody else's secret").mint("relay-1", NOW)

    with pytest.raises(TokenInvalid, match="node_secret"):
        _tokens().verify(token, NOW)
    good = _tokens().mint("relay-1", NOW)
    with pytest.raises(TokenInvalid):
        _tokens().verify(good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1], NOW)


def test_it_lives_for_a_minute_on_clocks_that_nearly_agree() -> None:
    """Good from LEEWAY before to LEEWAY after its time, and at no other."""
    tokens = _tokens()
    token = tokens.mint("relay-1", NOW)

    assert tokens.verify(token, NOW - LEEWAY) == "relay-1"
    assert tokens.verify(token, NOW + TTL + LEEWAY - 1) == "relay-1"
    for at in (NOW - LEEWAY - 1, NOW + TTL + LEEWAY):
        with pytest.raises(TokenInvalid, match="clocks"):
            tokens.verify(token, at)


def test_a_long_life_is_not_believed() -> None:
    """Whatever a token says of its end, it is TTL after its beginning."""
    tokens = _tokens()
    claims = {"aud": AUDIENCE, "sub": "relay-1", "iat": NOW, "exp": NOW + 86_400}
    token = jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, tokens._key())

    with pytest.raises(TokenInvalid, match="expired"):
        tokens.verify(token, NOW + TTL + LEEWAY)


def test_without_a_secret_it_comes_of_the_key_that_signs(tmp_path: Path) -> None:
    """Nodes that share the data folder need no setting, and follow a rotation."""
    one, other = (
        NodeTokens("", token_keys.load_or_create(tmp_path)),
        NodeTokens("", token_keys.load_or_create(tmp_path)),
    )
    assert other.verify(one.mint("relay-1", NOW), NOW) == "relay-1"

    held = token_keys.load_or_create(tmp_path)
    follows = NodeTokens("", held)
    before = follows.mint("relay-1", NOW)
    key = token_keys.generate()
    held.take(TokenKeys(key, KeySet([key])))

    assert follows.mint("relay-1", NOW) != before
    with pytest.raises(TokenInvalid):
        follows.verify(before, NOW)


def test_a_node_without_any_secret_says_what_to_do() -> None:
    """It neither mints nor believes, and names the setting."""
    tokens = NodeTokens("", _keyless())

    with pytest.raises(NoSigningKey, match=r"cascade\.node_secret"):
        tokens.mint("relay-1", NOW)
    with pytest.raises(TokenInvalid, match=r"cascade\.node_secret"):
        tokens.verify(_tokens().mint("relay-1", NOW), NOW)


def test_a_secret_that_is_guessed_at_once_is_refused() -> None:
    """A short one is an error when the process starts."""
    with pytest.raises(ValueError, match="16"):
        NodeTokens("x" * (MIN_SECRET - 1), _keyless())


def test_a_room_token_is_no_node_token_nor_the_other_way_round(tmp_path: Path) -> None:
    """Neither is taken for the other, even where both come of one key."""
    held = token_keys.load_or_create(tmp_path)
    tokens = NodeTokens("", held)
    room = room_token.mint(
        held, room="r_1", identity="ann", capabilities=frozenset(Capability), now=NOW
    )

    assert not is_node_token(room)
    with pytest.raises(TokenInvalid):
        tokens.verify(room, NOW)
    with pytest.raises(TokenInvalid):
        room_token.read(held, tokens.mint("relay-1", NOW), now=NOW)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": ALGORITHM, "typ": "JWT"}, {}),
        ({"alg": ALGORITHM}, {}),
        ({"alg": ALGORITHM, "typ": TYPE}, {"aud": "default"}),
        ({"alg": ALGORITHM, "typ": TYPE}, {"sub": 7}),
        ({"alg": ALGORITHM, "typ": TYPE}, {"iat": "now"}),
        ({"alg": ALGORITHM, "typ": TYPE}, {"exp": None}),
    ],
)
def test_only_node_tokens_are_taken(header: dict[str, str], claims: dict[str, object]) -> None:
    """A good signature over anything else is refused."""
    tokens = _tokens()
    said = {"aud": AUDIENCE, "sub": "relay-1", "iat": NOW, "exp": NOW + TTL, **claims}
    token = jwt.encode(dict(header), said, tokens._key())

    with pytest.raises(TokenInvalid):
        tokens.verify(token, NOW)


def test_no_other_algorithm_is_taken() -> None:
    """The secret with HS512, or no signature at all, proves nothing."""
    tokens = _tokens()
    claims = {"aud": AUDIENCE, "sub": "relay-1", "iat": NOW, "exp": NOW + TTL}
    key = tokens._key()
    assert isinstance(key, OctKey)
    stronger = jwt.encode({"alg": "HS512", "typ": TYPE}, claims, key, ["HS512"])
    head, body, _ = tokens.mint("relay-1", NOW).split(".")

    for token in (stronger, f"{head}.{body}."):
        with pytest.raises(TokenInvalid):
            tokens.verify(token, NOW)


@given(st.text(max_size=2000))
def test_whatever_is_shown_is_refused_with_one_kind_of_error(text: str) -> None:
    """Nonsense is no node token and raises nothing but `TokenInvalid`."""
    assert not is_node_token(text)
    with pytest.raises(TokenInvalid):
        _tokens().verify(text, NOW)
