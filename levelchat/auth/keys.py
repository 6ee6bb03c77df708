"""The signing key of room tokens: made on first start, kept under the data folder.

Comes in: a folder. Goes out: an Ed25519 key that signs, and the key set that verifies.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from joserfc.jwk import KeySet, OKPKey

KEY_FILE = "token-key.json"


class TokenKeys:
    """The key that signs, and every key that still verifies."""

    def __init__(self, signing: OKPKey, verifying: KeySet) -> None:
        self.signing = signing
        self.verifying = verifying

    def jwks(self) -> dict[str, object]:
        """The public keys as `/.well-known/jwks.json` shows them (RFC 7517 §5)."""
        return dict(self.verifying.as_dict(private=False))


def load_or_create(data: Path) -> TokenKeys:
    """The keys under *data*; the first call there makes one, readable by its owner only."""
    file = data / "keys" / KEY_FILE
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, OKPKey.generate_key("Ed25519", auto_kid=True))
    key = OKPKey.import_key(json.loads(file.read_text()))
    return TokenKeys(key, KeySet([key]))


def _write_once(file: Path, key: OKPKey) -> None:
    """Several that start at once must end with one key: all but the first fail to link."""
    # mkstemp makes the file readable by its owner only.
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump(key.as_dict(private=True), stream)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
