"""Laws of levelchat.auth.keys."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from levelchat.auth import keys
from levelchat.auth.errors import NoSigningKey


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


def test_a_node_without_the_folder_only_verifies(tmp_path: Path) -> None:
    """From a published key set come keys that verify, and none that signs; even if somebody
    published a secret, or keys of other kinds.
    """
    ours = keys.load_or_create(tmp_path)
    document = json.loads(json.dumps(ours.jwks()))
    document["keys"].append({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "x"})
    document["keys"].append("nonsense")

    there = keys.published(document)

    assert there.find(ours.signing.kid or "", 0) is not None
    for name in ("signing", "signer"):
        with pytest.raises(NoSigningKey):
            getattr(there, name)


@pytest.mark.parametrize("document", [{}, {"keys": []}, {"keys": [{"kty": "RSA"}]}])
def test_a_key_set_without_ours_is_refused(document: dict[str, object]) -> None:
    """It would leave the node with nothing to verify by."""
    with pytest.raises(ValueError, match="Ed25519"):
        keys.published(document)


def test_an_unknown_key_is_asked_for(tmp_path: Path) -> None:
    """Whoever keeps the keys up to date hears of it, and what it brings is used at once."""
    here = keys.load_or_create(tmp_path / "here")
    newer = keys.load_or_create(tmp_path / "newer")
    here.on_unknown = lambda: here.take(newer)

    assert here.find(newer.signing.kid or "", 0) is not None
    assert here.generation == 1
