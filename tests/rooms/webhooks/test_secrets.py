"""Secrets of webhooks are unpredictable, shown once and unreadable in the database."""

from pathlib import Path

import pytest

from rooms.errors import WebhookKeyLost
from rooms.webhooks import secrets
from rooms.webhooks.secrets import SecretBox

BOX = SecretBox(b"k" * 32)


def test_a_secret_has_256_bits_and_says_what_it_is() -> None:
    """`whsec_` and 43 letters of base64url; no two alike."""
    first, second = secrets.new_secret(), secrets.new_secret()

    assert first != second
    assert first.startswith("whsec_")
    assert len(first.removeprefix("whsec_")) == 43


def test_what_is_sealed_opens_and_does_not_show() -> None:
    """Only its box and its webhook's id open it; twice sealed is twice different."""
    sealed = BOX.seal("wh_1", "whsec_x")

    assert BOX.open("wh_1", sealed) == "whsec_x"
    assert b"whsec_x" not in sealed
    assert BOX.seal("wh_1", "whsec_x") != sealed


def test_another_key_webhook_or_row_opens_nothing() -> None:
    """The error says what to do."""
    sealed = BOX.seal("wh_1", "whsec_x")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])

    for box, webhook_id, row in (
        (SecretBox(b"j" * 32), "wh_1", sealed),
        (BOX, "wh_2", sealed),
        (BOX, "wh_1", flipped),
        (BOX, "wh_1", b"short"),
        (BOX, "wh_1", b""),
    ):
        with pytest.raises(WebhookKeyLost, match="webhook-key"):
            box.open(webhook_id, row)


def test_the_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    """A restart opens what was sealed before; others may not read the key."""
    sealed = secrets.box(tmp_path).seal("wh_1", "whsec_x")

    assert secrets.box(tmp_path).open("wh_1", sealed) == "whsec_x"
    assert (tmp_path / "keys" / "webhook-key").stat().st_mode & 0o777 == 0o600
