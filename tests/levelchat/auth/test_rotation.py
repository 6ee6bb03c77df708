"""Laws of levelchat.auth.rotation."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from levelchat.auth import keys, rotation, token
from levelchat.auth.capability import Capability
from levelchat.auth.errors import TokenInvalid
from levelchat.auth.keys import TokenKeys

NOW = 1_800_000_000


def _mint(signing: TokenKeys, now: int = NOW) -> str:
    return token.mint(
        signing, room="r_a", identity="ada", capabilities=[Capability.CHAT_SEND], now=now
    )


def test_old_tokens_live_on_and_new_ones_are_signed_anew(tmp_path: Path) -> None:
    """After a rotation both verify, and the new one is signed by another key."""
    before = keys.load_or_create(tmp_path)
    old = _mint(before)

    after = rotation.rotate(tmp_path, NOW)

    assert after.signing.kid != before.signing.kid
    token.verify(after, old, room="r_a", now=NOW + 3600)
    token.verify(after, _mint(after), room="r_a", now=NOW)
    with pytest.raises(TokenInvalid):
        token.verify(before, _mint(after), room="r_a", now=NOW)


def test_a_retired_key_ends_with_its_last_token(tmp_path: Path) -> None:
    """From an hour and the leeway after its last signature on, it proves nothing."""
    before = keys.load_or_create(tmp_path)
    after = rotation.rotate(tmp_path, NOW)
    late = _mint(before, NOW + rotation.RETIRED_SECONDS)

    token.verify(after, late, room="r_a", now=NOW + rotation.RETIRED_SECONDS)
    with pytest.raises(TokenInvalid):
        token.verify(after, late, room="r_a", now=NOW + rotation.RETIRED_SECONDS + 1)


def test_all_that_verify_are_published(tmp_path: Path) -> None:
    """The JWKS has every key, without a secret; those whose time is over leave with the next
    rotation.
    """
    keys.load_or_create(tmp_path)
    rotation.rotate(tmp_path, NOW)
    third = rotation.rotate(tmp_path, NOW + 60)
    assert len(json.loads(json.dumps(third.jwks()))["keys"]) == 3
    assert "'d'" not in str(third.jwks())

    fourth = rotation.rotate(tmp_path, NOW + 10_000)

    assert len(json.loads(json.dumps(fourth.jwks()))["keys"]) == 2


def test_a_leaked_key_is_dropped_at_once(tmp_path: Path) -> None:
    """With at_once nothing that was signed before is good any more."""
    old = _mint(keys.load_or_create(tmp_path))

    after = rotation.rotate(tmp_path, NOW, at_once=True)

    with pytest.raises(TokenInvalid):
        token.verify(after, old, room="r_a", now=NOW)


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    """Each retires the key of the one before it."""
    first = keys.load_or_create(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rotation.rotate(tmp_path, NOW), range(4)))

    after = keys.load_or_create(tmp_path)

    token.verify(after, _mint(first), room="r_a", now=NOW)
    assert len(json.loads(json.dumps(after.jwks()))["keys"]) == 5


def test_the_files_stay_their_owners(tmp_path: Path) -> None:
    """Key files are readable by their owner alone after a rotation too, and no draft is left."""
    rotation.rotate(tmp_path, NOW)

    folder = tmp_path / "keys"
    assert {file.name for file in folder.iterdir()} == {
        keys.KEY_FILE,
        keys.RETIRED_FILE,
        "lock",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
