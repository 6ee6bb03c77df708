"""Laws of levelchat.auth.keys."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from levelchat.auth import keys


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """A second start signs with the key of the first."""
    first = keys.load_or_create(tmp_path)
    second = keys.load_or_create(tmp_path)

    assert first.signing.kid == second.signing.kid


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    """Of several that make a key at the same time, all end with the same one."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.load_or_create(tmp_path).signing.kid, range(8)))

    assert len(set(made)) == 1


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    """The key file is readable by its owner alone."""
    keys.load_or_create(tmp_path)

    assert stat.S_IMODE((tmp_path / "keys" / keys.KEY_FILE).stat().st_mode) == 0o600


def test_the_published_keys_hold_no_secret(tmp_path: Path) -> None:
    """The JWKS has the public half only."""
    published = keys.load_or_create(tmp_path).jwks()

    assert "'d'" not in str(published)
    assert "'x'" in str(published)
