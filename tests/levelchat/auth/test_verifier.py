"""Laws of levelchat.auth.verifier."""

from pathlib import Path
from typing import Any

import pytest

from levelchat.auth import keys, rotation, token, verifier
from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing, RoomOver, TokenInvalid, TokenRevoked
from levelchat.auth.keys import TokenKeys
from levelchat.auth.verifier import TokenVerifier
from levelchat.bus import messages

NOW = 1_800_000_000
UNTIL = (NOW + 4000) * 1000


@pytest.fixture
def signing(tmp_path: Path) -> TokenKeys:
    return keys.load_or_create(tmp_path)


def _mint(signing: TokenKeys, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "room": "r_a",
        "media_id": "r_1",
        "identity": "ada",
        "capabilities": [Capability.PUBLISH_CAMERA],
        "now": NOW,
        "token_id": "t1",
    }
    return token.mint(signing, **(arguments | changes))


def test_the_room_goes_by_either_name(signing: TokenKeys) -> None:
    """Its public id or its media id; where only media ids are known, that one alone."""
    here, made = TokenVerifier(signing), _mint(signing)

    for name in ("r_a", "r_1"):
        assert here.verify(made, now=NOW, room=name).media_id == "r_1"
    assert here.verify(made, now=NOW, media_id="r_1").room == "r_a"
    assert here.verify(made, now=NOW).identity == "ada"
    for other in ({"room": "r_b"}, {"media_id": "r_a"}):
        with pytest.raises(CapabilityMissing):
            here.verify(made, now=NOW, **other)


def test_time_is_looked_at_every_time(signing: TokenKeys) -> None:
    """A token that was good a moment ago is refused once it has expired."""
    here, made = TokenVerifier(signing), _mint(signing, ttl=60)
    here.verify(made, now=NOW)

    for moment in (NOW + 60 + token.LEEWAY, NOW - token.LEEWAY - 1):
        with pytest.raises(TokenInvalid):
            here.verify(made, now=moment)


def test_what_was_revoked_is_looked_at_every_time(signing: TokenKeys) -> None:
    """A word on the bus ends a token that was shown before."""
    here, made = TokenVerifier(signing), _mint(signing)
    other = _mint(signing, token_id="t2")
    here.verify(made, now=NOW)

    here.revocations.take(messages.TokenRevoked("r_1", "ada", ("t1",), "kicked", UNTIL), NOW)
    with pytest.raises(TokenRevoked):
        here.verify(made, now=NOW)
    here.verify(other, now=NOW)

    here.revocations.take(messages.RoomClosed("r_1", "empty", NOW * 1000, UNTIL), NOW)
    with pytest.raises(RoomOver):
        here.verify(other, now=NOW)
    assert here.verify(other, now=NOW, ended_too=True).token_id == "t2"
    with pytest.raises(TokenRevoked):
        here.verify(made, now=NOW, ended_too=True)


def test_another_project_is_refused(signing: TokenKeys) -> None:
    """Where one is expected."""
    with pytest.raises(TokenInvalid):
        TokenVerifier(signing).verify(_mint(signing), now=NOW, project="prj_1")


def test_no_more_is_remembered_than_said(
    signing: TokenKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token shown longest ago goes first, and is proved again when it comes back."""
    monkeypatch.setattr(verifier, "REMEMBERED", 2)
    here = TokenVerifier(signing)
    one, two, three = (_mint(signing, identity=name) for name in "abc")
    for made in (one, two, one, three):
        here.verify(made, now=NOW)

    assert list(here._proved) == [one, three]
    assert here.verify(two, now=NOW).identity == "b"


def test_a_dropped_key_takes_its_tokens_along(signing: TokenKeys, tmp_path: Path) -> None:
    """What was remembered under keys that are no more is forgotten with them."""
    here, made = TokenVerifier(signing), _mint(signing)
    here.verify(made, now=NOW)

    signing.take(rotation.rotate(tmp_path, NOW, at_once=True))

    with pytest.raises(TokenInvalid):
        here.verify(made, now=NOW)
    here.verify(_mint(signing), now=NOW)
