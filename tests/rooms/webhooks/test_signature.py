"""Deliveries are signed as the contract says."""

import base64
import hashlib
import hmac

from rooms.webhooks.signature import Parcel, headers, sign

BODY = '{"id":"evt_1","name":"Zoë"}'.encode()
NOW = 1_790_000_000_123


def test_the_signature_is_that_of_the_contract() -> None:
    """Base64 without padding of HMAC-SHA-256 over timestamp, dot and raw body."""
    expected = hmac.new(b"whsec_x", b"2026-09-21T14:13:20.123Z." + BODY, hashlib.sha256).digest()

    assert sign("whsec_x", "2026-09-21T14:13:20.123Z", BODY) + "=" == (
        base64.b64encode(expected).decode()
    )


def test_a_known_answer() -> None:
    """OpenSSL signs the same: keys are used as they are written."""
    # printf "what do ya want.for nothing?" | openssl dgst -sha256 -hmac Jefe -binary | base64
    assert sign("Jefe", "what do ya want", b"for nothing?") == (
        "4z+RV3uQ1LO71zy2GAMHTxll0ncBtVJ5Qt2eqUQ683w"
    )


def test_all_headers_of_the_contract_are_there() -> None:
    """Id, type, instant, signature, key and attempt."""
    parcel = Parcel("evt_1", "room.created", BODY, 3, "whk_1")

    made = headers(parcel, "whsec_x", NOW)

    assert made == {
        "X-LC-Webhook-Id": "evt_1",
        "X-LC-Webhook-Type": "room.created",
        "X-LC-Webhook-Ts": "2026-09-21T14:13:20.123Z",
        "X-LC-Webhook-Sig": sign("whsec_x", "2026-09-21T14:13:20.123Z", BODY),
        "X-LC-Webhook-Kid": "whk_1",
        "X-LC-Webhook-Attempt": "3",
    }
