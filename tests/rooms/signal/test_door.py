"""Who knocks at the signalling door is known, or told why not."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from levelchat.auth import keys, token
from levelchat.auth.errors import TokenInvalid, TokenMissing
from levelchat.auth.verifier import TokenVerifier
from levelchat.errors import PeerError
from rooms.signal import door

NOW = 1_800_000_000


@pytest.fixture
def key(tmp_path: Path) -> keys.TokenKeys:
    return keys.load_or_create(tmp_path)


@pytest.fixture
def verifier(key: keys.TokenKeys) -> TokenVerifier:
    return TokenVerifier(key)


@pytest.fixture
def good(key: keys.TokenKeys) -> str:
    return token.mint(key, room="r_1", identity="ada", capabilities=[], now=NOW)


def _request(query: str = "", headers: Mapping[str, str] | None = None) -> web.Request:
    return make_mocked_request(
        "GET", f"/v1/signal{query}", headers={"Host": "h"} | dict(headers or {})
    )


def test_a_token_comes_by_query_or_subprotocol(verifier: TokenVerifier, good: str) -> None:
    """Subprotocols keep it out of logs."""
    by_query = door.read(_request(f"?token={good}"), verifier, NOW, "")
    offered = {"Sec-WebSocket-Protocol": f"levelchat.v1, token.{good}"}
    by_protocol = door.read(_request(headers=offered), verifier, NOW, "https://lc.example/")

    assert by_query.grant is not None
    assert by_query.grant.identity == "ada"
    assert by_query.grant == by_protocol.grant
    assert (by_query.base, by_protocol.base) == ("http://h", "https://lc.example")


def test_nothing_at_all_is_refused(verifier: TokenVerifier) -> None:
    """With what to send."""
    with pytest.raises(TokenMissing, match="token"):
        door.read(_request(), verifier, NOW, "")


def test_a_bad_token_is_refused_unless_there_is_a_ticket(
    verifier: TokenVerifier, good: str
) -> None:
    """Who was here a moment ago may have a token that has just expired."""
    later = NOW + 7_200
    with pytest.raises(TokenInvalid):
        door.read(_request(f"?token={good}"), verifier, later, "")
    wish = door.read(_request(f"?token={good}&resume=s_1.x"), verifier, later, "")
    assert (wish.grant, wish.ticket) == (None, "s_1.x")
    assert isinstance(wish.refusal, TokenInvalid)


def test_a_ticket_has_a_length(verifier: TokenVerifier) -> None:
    """Nothing of ours is longer."""
    with pytest.raises(TokenInvalid):
        door.read(_request("?resume=" + "x" * 500), verifier, NOW, "")


def test_other_protocols_alone_are_refused(verifier: TokenVerifier, good: str) -> None:
    """The library would write them, and the token among them, into its log."""
    with pytest.raises(PeerError, match="levelchat"):
        door.read(_request(headers={"Sec-WebSocket-Protocol": f"token.{good}"}), verifier, NOW, "")
