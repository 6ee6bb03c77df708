"""The STUN and TURN servers that peers are told of, as settings and as `Link` headers.

Comes in: servers of the settings, who asks, and the time. Goes out: header values (RFC
9725 §4.6). It reaches no server, and neither secrets nor credentials show in a log.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

import msgspec

SCHEMES = ("stun", "stuns", "turn", "turns")
TTL = 12 * 3600
"""Seconds: TURN checks credentials again at every refresh of an allocation, so that they have to
outlast the longest session."""

_FORBIDDEN = re.compile(r'[<>"\s\x00-\x1f\x7f-\U0010ffff]')
"""What would end the URI in a header, or is no URI."""
_UNTOLD = re.compile(r"[^A-Za-z0-9._@-]")
"""Of an identity within a user name: coturn takes the time before the first colon and logs the
rest, and a header has no room for line ends."""


class IceServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A STUN or TURN server that peers are told of."""

    url: str
    """`stun:` or `turn:` URI (RFC 7064, RFC 7065)."""
    username: str = ""
    credential: str = ""
    secret: str = ""
    """Shared with the TURN server (coturn: `static-auth-secret`): each peer then gets a user name
    and a credential of its own, which expire; instead of the two above."""

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition(":")
        if scheme not in SCHEMES or not rest or _FORBIDDEN.search(self.url):
            raise ValueError(f"ice_servers: {self.url!r} is no stun: or turn: URI")
        if self.secret and self.username:
            raise ValueError("ice_servers: an entry has a secret or a username, not both")
        if not all(map(_is_printable, (self.username, self.credential))):
            raise ValueError("ice_servers: username and credential are printable ASCII")

    def __repr__(self) -> str:
        return f"IceServer({self.url!r})"


def credentials(secret: str, identity: str, expires: int) -> tuple[str, str]:
    """User name and password, good until *expires* in seconds of the Unix epoch."""
    # draft-uberti-behave-turn-rest-00 §2.2: the user name is "a colon-delimited combination of
    # the expiration timestamp and the username parameter", the password
    # "base64(hmac(secret key, returned username))".
    username = f"{expires}:{_UNTOLD.sub('_', identity)}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def links(servers: Iterable[IceServer], identity: str, now: int) -> tuple[str, ...]:
    """One value of a `Link` header for each server (RFC 9725 §4.6); *now* in seconds."""
    return tuple(_link(server, identity, now) for server in servers)


def _link(server: IceServer, identity: str, now: int) -> str:
    username, credential = server.username, server.credential
    if server.secret:
        username, credential = credentials(server.secret, identity, now + TTL)
    parts = [f"<{server.url}>", 'rel="ice-server"']
    if username:
        parts += [
            f"username={_quoted(username)}",
            f"credential={_quoted(credential)}",
            'credential-type="password"',
        ]
    return "; ".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_printable(text: str) -> bool:
    return text.isascii() and (not text or text.isprintable())
