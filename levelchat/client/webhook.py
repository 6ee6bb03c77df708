"""For receivers of webhooks: whether a request is from LevelChat, and what it says. Pure.

Comes in: the headers and the raw body of a request, the webhook's secret, and the time. Goes out:
the event.

    event = webhook.verify(request.headers, await request.read(), SECRET, now=time.time())
    if event.type == "room.ended":
        ...

A delivery may come more than once: remember `event.id`.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from levelchat.client.errors import WebhookInvalid

TOLERANCE = 300.0
"""Seconds that a delivery's timestamp may be away from now: an old one may be a replay."""
_MAX_INSTANT = 64


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: docs/webhooks.md lists the types and what is in `data`."""

    id: str
    type: str
    created_at: str
    """RFC 3339, UTC."""
    org_id: str
    project_id: str
    data: dict[str, Any]
    attempt: int = 1
    """Of this delivery, from 1."""


_decode = msgspec.json.Decoder(Event).decode


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    now: float,
    tolerance: float = TOLERANCE,
) -> Event:
    """The event, proven to come from who knows *secret*; *now* is in seconds since the Unix
    epoch (`time.time()`). Pass the body as it came: one that was parsed and written again has
    another signature.

    Raises `WebhookInvalid`.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = _header(lower, "X-LC-Webhook-Ts")
    signature = _header(lower, "X-LC-Webhook-Sig")
    signed = timestamp.encode(errors="replace") + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    expected = base64.b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(expected, signature.encode(errors="replace")):
        raise WebhookInvalid(
            "the signature is not that of this secret over this body; take the secret that was "
            "shown when the webhook was made, and the raw bytes of the body"
        )
    _check_age(timestamp, now, tolerance)
    return _event(lower, body)


def _header(lower: Mapping[str, str], name: str) -> str:
    value = lower.get(name.lower())
    if value is None:
        raise WebhookInvalid(f"there is no header {name}; the request is not from LevelChat")
    return value


def _check_age(timestamp: str, now: float, tolerance: float) -> None:
    try:
        sent = datetime.fromisoformat(timestamp[:_MAX_INSTANT])
    except ValueError as error:
        raise WebhookInvalid("the header X-LC-Webhook-Ts is no instant") from error
    age = now - (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).timestamp()
    if abs(age) > tolerance:
        raise WebhookInvalid(
            f"the delivery was signed {abs(age):.0f} s {'ago' if age > 0 else 'ahead'}; more than "
            f"{tolerance:.0f} s may be a replay, or the clock here is wrong"
        )


def _event(lower: Mapping[str, str], body: bytes) -> Event:
    try:
        event = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WebhookInvalid(f"the body is no event: {error}") from error
    attempt = lower.get("x-lc-webhook-attempt", "")
    is_number = attempt.isascii() and attempt.isdigit()
    # Neither header is signed: the body says the id, and the attempt is for the log only.
    return msgspec.structs.replace(event, attempt=int(attempt[:9]) if is_number else 1)
