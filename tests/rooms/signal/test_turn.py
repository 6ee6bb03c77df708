"""TURN servers accept what we make up for a participant, for a while."""

import base64
import hashlib
import hmac

from rooms.signal import turn

STUN, TURN = "stun:stun.example:3478", "turn:turn.example:3478?transport=udp"


def test_credentials_are_those_that_coturn_derives() -> None:
    """Username `expiry:identity`, password HMAC-SHA1 of it by the shared secret."""
    _, server = turn.ice_servers((STUN, TURN), "s3cret", "ada", now=1_000)

    assert server.urls == (TURN,)
    assert server.username == f"{1_000 + turn.TTL}:ada"
    digest = hmac.new(b"s3cret", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == digest


def test_stun_needs_no_credentials() -> None:
    """And TURN without a shared secret gets none."""
    stun, open_turn = turn.ice_servers((STUN, "turns:turn.example"), "", "ada", now=1_000)

    assert (stun.urls, stun.username) == ((STUN,), "")
    assert (open_turn.urls, open_turn.credential) == (("turns:turn.example",), "")


def test_without_servers_there_are_none() -> None:
    """A network without NAT needs none."""
    assert turn.ice_servers((), "s3cret", "ada", now=1_000) == ()
