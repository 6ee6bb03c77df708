"""Node tokens: how one node of an installation proves to another that it belongs to it (RFC 7519).

Comes in: the installation's secret, a node's name, now. Goes out: a token that lives for a minute,
or the name that it proves. It opens feeds between nodes and nothing else: room tokens are signed
by another key, with another algorithm, and neither is ever taken for the other.
"""

import base64
import binascii
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from levelchat.auth.errors import NoSigningKey, TokenInvalid
from levelchat.auth.keys import TokenKeys

TTL = 60
"""Seconds; a link shows its token once, when it is made."""
LEEWAY = 30
"""Seconds that two machines' clocks may differ."""
MAX_TOKEN = 1024
"""Bytes; ours have about 300."""
MIN_SECRET = 16
"""Characters of a secret that somebody made up."""
ALGORITHM = "HS256"
TYPE = "levelchat-node+jwt"
"""RFC 8725 §3.11: explicit typing, so that no token is taken for one of another kind."""
AUDIENCE = "levelchat:feeds"

_SECRET_BYTES = 32
_INFO = b"levelchat node token"


class NodeTokens:
    """Mints and verifies with *secret*, or with what *keys* derive where it is empty."""

    def __init__(self, secret: str, keys: TokenKeys) -> None:
        if secret and len(secret) < MIN_SECRET:
            raise ValueError(f"cascade.node_secret needs {MIN_SECRET} characters or more")
        self._secret = secret
        self._keys = keys
        self._generation = -1
        self._derived: OctKey | None = None

    def mint(self, node: str, now: int) -> str:
        """A token that says *node* from *now* (seconds since the Unix epoch); `NoSigningKey`
        where there is no secret.
        """
        claims = {"aud": AUDIENCE, "sub": node, "iat": now, "exp": now + TTL}
        return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, self._key(), [ALGORITHM])

    def verify(self, token: str, now: int) -> str:
        """The name of the node that shows *token*; raises `TokenInvalid`."""
        if len(token) > MAX_TOKEN:
            raise TokenInvalid("a node token is not that long")
        try:
            # RFC 8725 §3.1, §3.2: one algorithm, which the caller says and the token does not.
            # The comparison takes the same time wherever two signatures differ (hmac).
            decoded = jwt.decode(token, self._key(), [ALGORITHM])
        except NoSigningKey as error:
            raise TokenInvalid(error.detail) from error
        except (JoseError, ValueError) as error:
            raise TokenInvalid(
                "the node token is not signed with this installation's cascade.node_secret"
            ) from error
        if decoded.header.get("typ") != TYPE or decoded.claims.get("aud") != AUDIENCE:
            raise TokenInvalid("the token is signed well, but is no node token")
        return _name(decoded.claims, now)

    def _key(self) -> OctKey:
        if self._derived is None or self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._derived = OctKey.import_key(
                _derive(self._secret.encode() if self._secret else _private(self._keys))
            )
        return self._derived


def is_node_token(token: str) -> bool:
    """Whether *token* calls itself one; nothing is proved."""
    head = token[:MAX_TOKEN].partition(".")[0]
    try:
        said = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("typ") == TYPE


def _name(claims: dict[str, object], now: int) -> str:
    name, issued, expires = claims.get("sub"), claims.get("iat"), claims.get("exp")
    if not isinstance(name, str) or not isinstance(issued, int) or not isinstance(expires, int):
        raise TokenInvalid("a node token has sub, iat and exp")
    if now < issued - LEEWAY:
        raise TokenInvalid("the node token is not good yet; do both machines' clocks agree?")
    if now >= min(expires, issued + TTL) + LEEWAY:
        raise TokenInvalid("the node token has expired; do both machines' clocks agree?")
    return name


def _private(keys: TokenKeys) -> bytes:
    try:
        key = keys.signing.get_op_key("sign")
    except NoSigningKey as error:
        raise NoSigningKey(
            "this node has neither cascade.node_secret nor the key that signs room tokens: "
            "give all nodes of the installation the same cascade.node_secret"
        ) from error
    if isinstance(key, str | bytes) or not hasattr(key, "private_bytes"):
        raise NoSigningKey("the key that signs room tokens has no private half")
    return bytes(
        key.private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
    )


def _derive(material: bytes) -> bytes:
    """RFC 5869: a key for this one purpose, from which the other cannot be learned."""
    return HKDF(hashes.SHA256(), _SECRET_BYTES, salt=None, info=_INFO).derive(material)
