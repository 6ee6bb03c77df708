"""Laws of the ICE servers that peers are told of."""

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.ice_servers import TTL, IceServer, credentials, links

TURN = "turn:turn.example:3478?transport=udp"


def test_a_server_is_a_link() -> None:
    """RFC 9725 §4.6: the URI, the relation, and the credentials as quoted strings."""
    stun = IceServer("stun:stun.example")
    turn = IceServer(TURN, 'a"b', "c\\d")

    assert links((stun, turn), "ada", now=0) == (
        '<stun:stun.example>; rel="ice-server"',
        (
            f'<{TURN}>; rel="ice-server"; username="a\\"b"; credential="c\\\\d"; '
            'credential-type="password"'
        ),
    )


def test_credentials_are_those_that_coturn_derives() -> None:
    """Username `expiry:identity`, password HMAC-SHA1 of it by the shared secret."""
    (link,) = links([IceServer(TURN, secret="s3cret")], "ada", now=1_000)

    username = f"{1_000 + TTL}:ada"
    digest = hmac.new(b"s3cret", username.encode(), hashlib.sha1).digest()
    assert f'username="{username}"' in link
    assert f'credential="{base64.b64encode(digest).decode()}"' in link


@given(st.text(max_size=40))
def test_an_identity_ends_neither_the_expiry_nor_the_header(identity: str) -> None:
    """Whoever it is, the user name has one colon and no character that a header has not."""
    username, _ = credentials("s3cret", identity, 5)

    assert username.startswith("5:")
    assert username.count(":") == 1
    assert username.isascii()
    assert username.isprintable()


def test_secrets_do_not_show() -> None:
    """Settings may be logged: a server shows its URI and nothing else."""
    shown = repr(IceServer(TURN, secret="s3cret")) + repr(IceServer(TURN, "ada", "passw0rd"))

    assert "s3cret" not in shown
    assert "passw0rd" not in shown
    assert TURN in shown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "http://x"}, "no stun"),
        ({"url": "stun:"}, "no stun"),
        ({"url": "turn:x> y"}, "no stun"),
        ({"url": TURN, "secret": "a", "username": "b"}, "not both"),
        ({"url": TURN, "username": "a\nb"}, "printable"),
    ],
)
def test_settings_that_cannot_be_told_are_refused(fields: dict[str, str], says: str) -> None:
    """A URI of another kind, two ways to log in, or what no header can carry."""
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(fields, IceServer)
