"""A receiver believes what LevelChat signed, and nothing else."""

import pytest

from levelchat.client.errors import WebhookInvalid
from levelchat.client.webhook import verify
from rooms.webhooks import payloads
from rooms.webhooks.signature import Parcel, headers

SECRET = "whsec_c2VjcmV0"
NOW_MILLIS = 1_790_000_000_123
NOW = NOW_MILLIS / 1000
BODY = payloads.body(
    "evt_1", "room.created", "org_1", "prj_1", NOW_MILLIS, {"room": {"id": "r_Zoë"}}
).encode()
HEADERS = headers(Parcel("evt_1", "room.created", BODY, 3, "whk_1"), SECRET, NOW_MILLIS)


def test_what_rooms_signs_is_believed() -> None:
    """The event has all that was sent, and which attempt it came with."""
    event = verify(HEADERS, BODY, SECRET, NOW)

    assert (event.id, event.type, event.org_id, event.project_id, event.attempt) == (
        "evt_1",
        "room.created",
        "org_1",
        "prj_1",
        3,
    )
    assert event.data == {"room": {"id": "r_Zoë"}}
    assert event.created_at == "2026-09-21T14:13:20.123Z"


def test_the_case_of_headers_does_not_matter() -> None:
    """HTTP/2 and some frameworks write them in lower case."""
    assert verify({name.lower(): value for name, value in HEADERS.items()}, BODY, SECRET, NOW)


def test_a_changed_body_is_refused() -> None:
    """Even by white space: the raw bytes are signed."""
    with pytest.raises(WebhookInvalid, match="signature"):
        verify(HEADERS, BODY + b" ", SECRET, NOW)


def test_another_secret_is_refused() -> None:
    """Nor does any part of it do."""
    for secret in ("", SECRET[:-1], SECRET.removeprefix("whsec_"), SECRET + "x"):
        with pytest.raises(WebhookInvalid, match="signature"):
            verify(HEADERS, BODY, secret, NOW)


def test_a_moved_timestamp_is_refused() -> None:
    """The instant is signed too, so that a replay cannot be made young."""
    moved = HEADERS | {"X-LC-Webhook-Ts": "2026-09-21T15:13:20.123Z"}

    with pytest.raises(WebhookInvalid, match="signature"):
        verify(moved, BODY, SECRET, NOW + 3600)


@pytest.mark.parametrize(("away", "says"), [(301, "301 s ago"), (-301, "301 s ahead")])
def test_old_and_future_deliveries_are_refused(away: float, says: str) -> None:
    """Beyond the tolerance a delivery may be a replay."""
    with pytest.raises(WebhookInvalid, match=says):
        verify(HEADERS, BODY, SECRET, NOW + away)
    assert verify(HEADERS, BODY, SECRET, NOW + away, tolerance=302)


@pytest.mark.parametrize("name", ["X-LC-Webhook-Ts", "X-LC-Webhook-Sig"])
def test_a_missing_header_is_named(name: str) -> None:
    """The error says which."""
    rest = {key: value for key, value in HEADERS.items() if key != name}

    with pytest.raises(WebhookInvalid, match=name):
        verify(rest, BODY, SECRET, NOW)


@pytest.mark.parametrize("signature", ["", "ä", "=", HEADERS["X-LC-Webhook-Sig"] + "=", "\udcff"])
def test_malformed_signatures_are_refused(signature: str) -> None:
    """Whatever stands there, the answer is a clear one."""
    with pytest.raises(WebhookInvalid, match="signature"):
        verify(HEADERS | {"X-LC-Webhook-Sig": signature}, BODY, SECRET, NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":1}', b"\xff", b"{"])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    """Who knows the secret may still send nonsense."""
    signed = headers(Parcel("evt_1", "room.created", body, 1, "whk_1"), SECRET, NOW_MILLIS)

    with pytest.raises(WebhookInvalid, match="no event"):
        verify(signed, body, SECRET, NOW)


@pytest.mark.parametrize("attempt", ["", "x", "-1", "٣"])
def test_a_wrong_attempt_is_the_first(attempt: str) -> None:
    """That header is for logs; nothing depends on it."""
    assert verify(HEADERS | {"X-LC-Webhook-Attempt": attempt}, BODY, SECRET, NOW).attempt == 1
