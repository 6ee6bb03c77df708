"""Room tokens: EdDSA JWTs that every node verifies offline (rooms.md §5, RFC 7519, RFC 8037).

Comes in: claims and a key, or a token and keys. Goes out: the token, or what it allows. `now` is
an argument; nothing here knows where a token came from.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError

from levelchat.auth import capability
from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing, TokenInvalid, TokenMissing
from levelchat.auth.keys import TokenKeys

ALGORITHM = "EdDSA"
MAX_TTL = 3600
"""Seconds; rooms.md §5: "at most 1 hour"."""
LEEWAY = 30
"""Seconds that two machines' clocks may differ."""
MAX_TOKEN = 8192
"""Bytes; what common HTTP servers allow a whole header line."""
DEFAULT_PROJECT = "default"
ISSUER = "levelchat"


class Grant(msgspec.Struct, frozen=True):
    """What a verified token says."""

    identity: str
    room: str
    capabilities: frozenset[Capability]
    name: str
    expires: int
    """Seconds since the Unix epoch."""
    token_id: str

    def require_any(self, wanted: frozenset[Capability]) -> None:
        """Raises `CapabilityMissing` that names what would have done."""
        if not self.capabilities & wanted:
            names = " or ".join(sorted(wanted))
            raise CapabilityMissing(f"this needs a room token with {names}")


def mint(
    keys: TokenKeys,
    *,
    room: str,
    identity: str,
    capabilities: Iterable[Capability],
    now: int,
    ttl: int = MAX_TTL,
    name: str = "",
) -> str:
    """A signed token, valid from *now* (seconds since the Unix epoch) for *ttl* seconds.

    Raises `ValueError` for a *ttl* outside 1 to `MAX_TTL`.
    """
    if not 1 <= ttl <= MAX_TTL:
        raise ValueError(f"a room token lives 1 to {MAX_TTL} seconds, not {ttl}")
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": DEFAULT_PROJECT,
        "sub": identity,
        "room": room,
        "cap": sorted(capabilities),
        "iat": now,
        "nbf": now,
        "exp": now + ttl,
        "jti": secrets.token_urlsafe(12),
    }
    if name:
        claims["name"] = name
    header = {"alg": ALGORITHM, "kid": keys.signing.kid}
    return jwt.encode(header, claims, keys.signing, algorithms=[ALGORITHM])


def verify(keys: TokenKeys, token: str, *, room: str, now: int) -> Grant:
    """What *token* allows in *room*; raises `TokenInvalid` or `CapabilityMissing`."""
    if len(token) > MAX_TOKEN:
        raise TokenInvalid(f"a room token has at most {MAX_TOKEN} characters")
    try:
        claims = jwt.decode(token, keys.verifying, algorithms=[ALGORITHM]).claims
        _registry(now).validate(claims)
        grant = _grant(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenInvalid(f"the room token was refused ({error}); ask for a new one") from error
    if grant.room != room:
        raise CapabilityMissing("this room token is for another room")
    return grant


def bearer(header: str | None) -> str:
    """The token of an `Authorization` header (RFC 6750 §2.1); raises `TokenMissing`."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing("send a room token as `Authorization: Bearer <token>`")
    return token.strip()


def _registry(now: int) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": DEFAULT_PROJECT},
        sub={"essential": True},
        exp={"essential": True},
        nbf={"essential": True},
        iat={"essential": True},
    )


def _grant(claims: dict[str, Any]) -> Grant:
    capabilities = claims["cap"]
    if not isinstance(capabilities, list):
        raise TypeError("claim cap is not a list")
    if claims["exp"] - claims["iat"] > MAX_TTL:
        raise ValueError(f"it lives longer than {MAX_TTL} seconds")
    return Grant(
        identity=str(claims["sub"]),
        room=str(claims["room"]),
        capabilities=frozenset(capability.parse(item) for item in capabilities),
        name=str(claims.get("name", "")),
        expires=int(claims["exp"]),
        token_id=str(claims.get("jti", "")),
    )
