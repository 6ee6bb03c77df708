"""Secrets of webhooks: made here, shown once, stored encrypted.

Comes in: the key under the data folder. Goes out: secrets, and how a row holds them. A signature
needs the secret itself, so that a hash would not do.
"""

import base64
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rooms import ids, keyfile
from rooms.errors import WebhookKeyLost

KEY_FILE = "webhook-key"
PREFIX = "whsec_"
SECRET_BYTES = 32
_NONCE_BYTES = 12
"""NIST SP 800-38D §8.2: 96 bits; random ones are good for 2^32 secrets."""


def new_secret() -> str:
    """`whsec_` and 256 unpredictable bits in base64url, without padding."""
    raw = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES))
    return PREFIX + raw.rstrip(b"=").decode()


def new_key_id() -> str:
    """What `X-LC-Webhook-Kid` names a secret by."""
    return ids.new("whk")


class SecretBox:
    """Encrypts secrets for rows. *key* has 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, webhook_id: str, secret: str) -> bytes:
        """*secret* as the row of that webhook, and no other, holds it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), webhook_id.encode())

    def open(self, webhook_id: str, sealed: bytes) -> str:
        """The secret; raises `WebhookKeyLost` when it was sealed with another key."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, webhook_id.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise WebhookKeyLost(
                f"the secret of {webhook_id} was stored with another key than keys/{KEY_FILE}; "
                "restore that file, or make the webhook anew"
            ) from error


def box(data: Path) -> SecretBox:
    """With the key under *data*, which the first call there makes."""
    return SecretBox(keyfile.load_or_create(data, KEY_FILE))
