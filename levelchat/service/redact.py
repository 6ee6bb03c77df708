"""Keeps secrets out of logs and printed settings."""

from typing import Any

HIDDEN = "********"

_SECRET_WORDS = ("secret", "password", "credential", "token", "private")


def redact(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """*value* with every member whose name speaks of a secret hidden, at any depth."""
    if isinstance(value, dict):
        return {
            key: HIDDEN if item and _is_secret(str(key)) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)
