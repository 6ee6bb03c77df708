"""Secrets beside the keys are made once, whoever starts at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from levelchat.service.settings import SettingsError
from rooms import keyfile


def test_all_who_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    """Of many that make the file only one wins, and no draft stays behind."""
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: keyfile.load_or_create(tmp_path, "one"), range(8)))

    assert len(set(keys)) == 1
    assert len(keys[0]) == keyfile.KEY_BYTES
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["one"]


def test_only_its_owner_may_read_a_key(tmp_path: Path) -> None:
    """Mode 0600."""
    keyfile.load_or_create(tmp_path, "one")

    assert (tmp_path / "keys" / "one").stat().st_mode & 0o777 == 0o600


def test_a_broken_key_is_not_used(tmp_path: Path) -> None:
    """A file that was cut short says so instead of making all that it protects unreadable."""
    keyfile.load_or_create(tmp_path, "one")
    (tmp_path / "keys" / "one").write_bytes(b"short")

    with pytest.raises(SettingsError, match="32 bytes"):
        keyfile.load_or_create(tmp_path, "one")
