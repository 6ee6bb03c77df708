"""Laws of levelchat.service.redact."""

from levelchat.service.redact import HIDDEN, redact


def test_secrets_are_hidden_at_any_depth() -> None:
    """Whatever is called a secret, password, credential or token never shows."""
    value = {"a": [{"turn_credential": "x", "user": "u"}], "Token": "t", "password": ""}

    assert redact(value) == {
        "a": [{"turn_credential": HIDDEN, "user": "u"}],
        "Token": HIDDEN,
        "password": "",
    }
