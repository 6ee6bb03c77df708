"""The headers of a delivery, its signature among them. Pure.

Comes in: what is sent, and the webhook's secret. Goes out: headers.
"""

import base64
import hashlib
import hmac

import msgspec

from rooms.model import Millis
from rooms.views import instant


class Parcel(msgspec.Struct, frozen=True):
    """What is sent in one attempt."""

    event_id: str
    event_type: str
    body: bytes
    attempt: int
    """From 1."""
    key_id: str


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-LC-Webhook-Sig`."""
    # rooms.md §8: base64 without padding of HMAC-SHA-256(secret, ts + "." + raw body).
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).digest()
    return base64.b64encode(digest).rstrip(b"=").decode()


def headers(parcel: Parcel, secret: str, now: Millis) -> dict[str, str]:
    """All that rooms.md §8 names."""
    timestamp = instant(now)
    return {
        "X-LC-Webhook-Id": parcel.event_id,
        "X-LC-Webhook-Type": parcel.event_type,
        "X-LC-Webhook-Ts": timestamp,
        "X-LC-Webhook-Sig": sign(secret, timestamp, parcel.body),
        "X-LC-Webhook-Kid": parcel.key_id,
        "X-LC-Webhook-Attempt": str(parcel.attempt),
    }
