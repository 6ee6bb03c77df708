"""The keys of room tokens: made on first start, kept under the data folder.

Comes in: a folder. Goes out: an Ed25519 key that signs, and every key that still verifies. The
files: `token-key.json`, the one that signs (a private JWK), and `retired-keys.json`, the public
halves of those before it, each with the second until which it verifies.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from levelchat.auth.errors import NoSigningKey
from levelchat.auth.jws import Signer

KEY_FILE = "token-key.json"
RETIRED_FILE = "retired-keys.json"


class TokenKeys:
    """The key that signs, and every key that still verifies.

    One object for the life of a process: `take` puts other keys in it after a rotation. *signing*
    is None on a node that only verifies. *until* has the seconds since the Unix epoch until which
    retired keys verify, by `kid`.
    """

    def __init__(
        self,
        signing: OKPKey | None,
        verifying: KeySet,
        until: Mapping[str, int] | None = None,
    ) -> None:
        self.generation = 0
        """Grows with every change: what was concluded from the keys before may not hold."""
        self.on_unknown: Callable[[], None] | None = None
        """Called when a token names a key that is not here: there may be newer ones."""
        self._set(signing, verifying, until or {})

    def _set(self, signing: OKPKey | None, verifying: KeySet, until: Mapping[str, int]) -> None:
        self._signing = signing
        self.verifying = verifying
        self.until = dict(until)
        self._public = {key.kid or "": _public(key) for key in verifying if _is_ours(key)}
        self._signer: Signer | None = None
        if signing is not None and signing.is_private:
            private = signing.get_op_key("sign")
            if not isinstance(private, Ed25519PrivateKey):
                raise ValueError("the key that signs is no Ed25519 key")
            self._signer = Signer(private, signing.kid or "")

    @property
    def signing(self) -> OKPKey:
        """The key that signs; raises `NoSigningKey` on a node that only verifies."""
        if self._signing is None:
            raise NoSigningKey("this process only verifies tokens (server.jwks)")
        return self._signing

    @property
    def signer(self) -> Signer:
        """Signs with the key that signs."""
        if self._signer is None:
            raise NoSigningKey("this process only verifies tokens (server.jwks)")
        return self._signer

    def find(self, kid: str, now: int) -> Ed25519PublicKey | None:
        """The key of that id, if it verifies at *now* (seconds since the Unix epoch)."""
        if kid not in self._public and self.on_unknown is not None:
            self.on_unknown()
        if now > self.until.get(kid, now):
            return None
        return self._public.get(kid)

    def take(self, other: "TokenKeys") -> None:
        """Has *other*'s keys from now on."""
        self._set(other._signing, other.verifying, other.until)  # noqa: SLF001 - one of us
        self.generation += 1

    def jwks(self) -> dict[str, object]:
        """The public keys as `/.well-known/jwks.json` shows them (RFC 7517 §5)."""
        return dict(self.verifying.as_dict(private=False))


def load_or_create(data: Path) -> TokenKeys:
    """The keys under *data*; the first call there makes one, readable by its owner only."""
    folder = data / "keys"
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, generate())
    # In this order: a rotation writes the retired ones first, so that no key is ever missing.
    key = OKPKey.import_key(json.loads(file.read_text()))
    retired = read_retired(data)
    others = [other for other, _ in retired if other.kid != key.kid]
    until = {other.kid or "": second for other, second in retired if other.kid != key.kid}
    return TokenKeys(key, KeySet([key, *others]), until)


def generate() -> OKPKey:
    """A new key."""
    return OKPKey.generate_key("Ed25519", auto_kid=True)


def read_retired(data: Path) -> list[tuple[OKPKey, int]]:
    """Public keys that signed before, each with the second until which it verifies."""
    file = data / "keys" / RETIRED_FILE
    if not file.exists():
        return []
    entries: list[dict[str, Any]] = json.loads(file.read_text())
    return [(OKPKey.import_key(entry["key"]), int(entry["until"])) for entry in entries]


def published(document: object) -> TokenKeys:
    """Keys that only verify, from a JWKS (RFC 7517 §5); those of other kinds are passed over.

    Raises `ValueError` when there is none of ours.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    entries = [entry for entry in listed or [] if isinstance(entry, dict)]
    try:
        ours = [
            OKPKey.import_key({name: value for name, value in entry.items() if name != "d"})
            for entry in entries
            if entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519" and entry.get("kid")
        ]
    except JoseError as error:
        raise ValueError(f"the key set has an Ed25519 key that is none ({error})") from error
    if not ours:
        raise ValueError("the key set has no Ed25519 key")
    return TokenKeys(None, KeySet(list(ours)))


def write(file: Path, content: object) -> None:
    """Writes JSON whole or not at all, readable by its owner only."""
    draft = _draft(file, content)
    draft.replace(file)


def _write_once(file: Path, key: OKPKey) -> None:
    """Several that start at once must end with one key: all but the first fail to link."""
    draft = _draft(file, key.as_dict(private=True))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _draft(file: Path, content: object) -> Path:
    # mkstemp makes the file readable by its owner only.
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(content, stream)
    return Path(draft)


def _is_ours(key: object) -> bool:
    return isinstance(key, OKPKey) and isinstance(
        key.get_op_key("verify"), (Ed25519PublicKey, Ed25519PrivateKey)
    )


def _public(key: Any) -> Ed25519PublicKey:  # noqa: ANN401 - joserfc's union of all kinds
    found = key.get_op_key("verify")
    return found.public_key() if isinstance(found, Ed25519PrivateKey) else found
