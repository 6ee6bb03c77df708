"""Laws of `levelchat backup`."""

from pathlib import Path

import pytest
from shell import Shell


def test_a_copy_is_a_database_again(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put in the place of the file, it has the same rows, and the keys open them."""
    shell.json("admin org create acme")
    before = shell.json("admin org list")

    done = shell.json(f"backup {tmp_path}/copy.db")
    assert done == {"file": f"{tmp_path}/copy.db", "bytes": (tmp_path / "copy.db").stat().st_size}

    shell.json("admin org create lost")
    for name in ("rooms.db", "rooms.db-wal", "rooms.db-shm"):
        (shell.data / name).unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(shell.data / "rooms.db")
    assert shell.json("admin org list") == before


def test_a_file_in_the_way_is_kept(shell: Shell, tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "copy.db").write_text("mine")
    shell.json("admin org list")

    assert "exists" in shell.error(f"backup {tmp_path}/copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_restoring_is_explained(shell: Shell) -> None:
    """The help says how to get back what was copied."""
    assert "restore" in shell.run("backup --help").output
