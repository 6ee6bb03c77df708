"""Room tokens: EdDSA JWTs that every node verifies offline (rooms.md §5, RFC 7519, RFC 8037).

Comes in: claims and a key, or a token and keys. Goes out: the token, or what it allows. `now` is
an argument; nothing here knows where a token came from.
"""

import re
import secrets
from collections.abc import Iterable, Mapping

import msgspec

from levelchat.auth import capability, jws
from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing, TokenInvalid, TokenMissing
from levelchat.auth.keys import TokenKeys

MAX_TTL = 3600
"""Seconds; rooms.md §5: "at most 1 hour"."""
LEEWAY = 30
"""Seconds that two machines' clocks may differ."""
MAX_TOKEN = 8192
"""Bytes; what common HTTP servers allow a whole header line."""
DEFAULT_PROJECT = "default"
"""The audience of tokens that `levelchat token` mints without asking anybody."""
ISSUER = "levelchat"

_PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ID_BYTES = 12


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified token says."""

    project: str = DEFAULT_PROJECT
    room: str
    """Its public id, unique in the project."""
    media_id: str
    """Its name on the media planes, unique on the installation."""
    identity: str
    name: str = ""
    capabilities: frozenset[Capability]
    meta: dict[str, str] = {}
    token_id: str
    starts: int = 0
    """Seconds since the Unix epoch, like `expires`."""
    expires: int

    def require_any(self, wanted: frozenset[Capability]) -> None:
        """Raises `CapabilityMissing` that names what would have done."""
        if not self.capabilities & wanted:
            names = " or ".join(sorted(wanted))
            raise CapabilityMissing(f"this needs a room token with {names}")

    def check_time(self, now: int) -> None:
        """Raises `TokenInvalid` before the token's time and after it."""
        # RFC 7519 §4.1.4, §4.1.5: "some small leeway, usually no more than a few minutes, to
        # account for clock skew".
        if now < self.starts - LEEWAY:
            raise TokenInvalid("the room token is not good yet; is this machine's clock right?")
        if now >= self.expires + LEEWAY:
            raise TokenInvalid("the room token has expired; ask for a new one")

    def check_room(self, name: str) -> None:
        """Raises `CapabilityMissing` unless *name* is the room's public id or its media id."""
        if name not in (self.room, self.media_id):
            raise CapabilityMissing("this room token is for another room")

    def check_media_id(self, media_id: str) -> None:
        """The same where rooms have no other name."""
        if media_id != self.media_id:
            raise CapabilityMissing("this room token is for another room")


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    iss: str
    aud: str
    sub: str
    room: str
    cap: list[str]
    iat: int
    nbf: int
    exp: int
    jti: str = ""
    name: str = ""
    mid: str = ""
    meta: dict[str, str] = {}


_claims = msgspec.json.Decoder(_Claims)
_encoder = msgspec.json.Encoder()


class Minter:
    """Signs room tokens with the key that signs."""

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys

    def mint(  # noqa: PLR0913 - each is a claim
        self,
        *,
        room: str,
        identity: str,
        capabilities: Iterable[Capability],
        now: int,
        ttl: int = MAX_TTL,
        name: str = "",
        project: str = DEFAULT_PROJECT,
        media_id: str | None = None,
        meta: Mapping[str, str] | None = None,
        token_id: str | None = None,
    ) -> str:
        """A signed token, valid from *now* (seconds since the Unix epoch) for *ttl* seconds.

        Raises `ValueError` for a *ttl* outside 1 to `MAX_TTL`, and when it all gets too long.
        """
        if not 1 <= ttl <= MAX_TTL:
            raise ValueError(f"a room token lives 1 to {MAX_TTL} seconds, not {ttl}")
        claims = _Claims(
            iss=ISSUER,
            aud=project,
            sub=identity,
            room=room,
            cap=sorted(capabilities),
            iat=now,
            nbf=now,
            exp=now + ttl,
            jti=token_id or secrets.token_urlsafe(_ID_BYTES),
            name=name,
            mid=media_id if media_id is not None and media_id != room else "",
            meta=dict(meta or {}),
        )
        token = self._keys.signer.sign(_encoder.encode(claims))
        if len(token) > MAX_TOKEN:
            raise ValueError(f"a room token has at most {MAX_TOKEN} characters: say less in meta")
        return token


def mint(  # noqa: PLR0913 - each is a claim
    keys: TokenKeys,
    *,
    room: str,
    identity: str,
    capabilities: Iterable[Capability],
    now: int,
    ttl: int = MAX_TTL,
    name: str = "",
    project: str = DEFAULT_PROJECT,
    media_id: str | None = None,
    meta: Mapping[str, str] | None = None,
    token_id: str | None = None,
) -> str:
    """What `Minter.mint` gives, for those who mint one."""
    return Minter(keys).mint(
        room=room,
        identity=identity,
        capabilities=capabilities,
        now=now,
        ttl=ttl,
        name=name,
        project=project,
        media_id=media_id,
        meta=meta,
        token_id=token_id,
    )


def read(keys: TokenKeys, token: str, *, now: int) -> Grant:
    """What *token* says, its signature and form proved; its time is not looked at.

    Raises `TokenInvalid`.
    """
    if len(token) > MAX_TOKEN:
        raise TokenInvalid(f"a room token has at most {MAX_TOKEN} characters")
    try:
        claims = _claims.decode(jws.payload(token, lambda kid: keys.find(kid, now)))
        return _grant(claims)
    except (ValueError, msgspec.DecodeError) as error:
        raise TokenInvalid(f"the room token was refused ({error}); ask for a new one") from error


def verify(
    keys: TokenKeys, token: str, *, room: str, now: int, project: str | None = None
) -> Grant:
    """What *token* allows in *room*; raises `TokenInvalid` or `CapabilityMissing`."""
    grant = read(keys, token, now=now)
    grant.check_time(now)
    if project is not None and grant.project != project:
        raise TokenInvalid("the room token is for another project; ask this one for a token")
    grant.check_room(room)
    return grant


def bearer(header: str | None) -> str:
    """The token of an `Authorization` header (RFC 6750 §2.1); raises `TokenMissing`."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing("send a room token as `Authorization: Bearer <token>`")
    return token.strip()


def _grant(claims: _Claims) -> Grant:
    if claims.iss != ISSUER:
        raise ValueError("another issuer made it")
    if not _PROJECT.fullmatch(claims.aud):
        raise ValueError("its audience is no project")
    if claims.exp - min(claims.iat, claims.nbf) > MAX_TTL:
        raise ValueError(f"it lives longer than {MAX_TTL} seconds")
    return Grant(
        project=claims.aud,
        room=claims.room,
        media_id=claims.mid or claims.room,
        identity=claims.sub,
        name=claims.name,
        capabilities=frozenset(capability.parse(item) for item in claims.cap),
        meta=claims.meta,
        token_id=claims.jti,
        starts=max(claims.iat, claims.nbf),
        expires=claims.exp,
    )
