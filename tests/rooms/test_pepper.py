"""The secret that hashes are keyed with."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from levelchat.service.settings import SettingsError
from rooms import pepper


def test_it_is_made_once(tmp_path: Path) -> None:
    """Every call gives the same 32 bytes."""
    first = pepper.load_or_create(tmp_path)

    assert len(first) == 32
    assert pepper.load_or_create(tmp_path) == first


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The file's mode is 0600."""
    pepper.load_or_create(tmp_path)

    file = tmp_path / "keys" / "key-pepper"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["key-pepper"]


def test_those_who_start_at_once_get_the_same(tmp_path: Path) -> None:
    """Eight at once end with one pepper."""
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(pepper.load_or_create, [tmp_path] * 8))

    assert len(made) == 1


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """A pepper of another length is refused: with it every key would be wrong."""
    pepper.load_or_create(tmp_path)
    (tmp_path / "keys" / "key-pepper").write_bytes(b"short")

    with pytest.raises(SettingsError, match="key-pepper"):
        pepper.load_or_create(tmp_path)
