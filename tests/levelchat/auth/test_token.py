"""Laws of levelchat.auth.token."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from levelchat.auth import capability, keys, token
from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing, TokenInvalid, TokenMissing
from levelchat.auth.keys import TokenKeys

NOW = 1_800_000_000
ROOM = "r_a"

foreign_library = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> TokenKeys:
    return keys.load_or_create(tmp_path_factory.mktemp("data"))


def _mint(signing: TokenKeys, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "room": ROOM,
        "identity": "ada",
        "capabilities": [Capability.PUBLISH_CAMERA],
        "now": NOW,
    }
    return token.mint(signing, **(arguments | changes))


def test_a_token_says_what_was_minted(signing: TokenKeys) -> None:
    """Identity, room, name and capabilities come back as they went in."""
    grant = token.verify(signing, _mint(signing, name="Ada"), room=ROOM, now=NOW + 5)

    assert (grant.identity, grant.room, grant.name) == ("ada", ROOM, "Ada")
    assert grant.capabilities == {Capability.PUBLISH_CAMERA}


def test_a_token_says_whose_room_it_is_for(signing: TokenKeys) -> None:
    """Project, media id and meta come back; either name of the room opens it."""
    named = {"project": "prj_1", "media_id": "r_01ABC", "token_id": "t"}
    made = _mint(signing, meta={"seat": "4"}, **named)

    for name in (ROOM, "r_01ABC"):
        grant = token.verify(signing, made, room=name, now=NOW, project="prj_1")

        assert (grant.project, grant.room, grant.media_id) == ("prj_1", ROOM, "r_01ABC")
        assert (grant.meta, grant.token_id) == ({"seat": "4"}, "t")


def test_a_room_has_one_name_unless_it_is_given_two(signing: TokenKeys) -> None:
    """Without a media id of its own the public id is it, and the project is the default one."""
    grant = token.verify(signing, _mint(signing, media_id=ROOM), room=ROOM, now=NOW)

    assert (grant.media_id, grant.project) == (ROOM, token.DEFAULT_PROJECT)


def test_a_token_of_another_project_is_refused(signing: TokenKeys) -> None:
    """Where one project is expected, the audience must be it."""
    with pytest.raises(TokenInvalid, match="another project"):
        token.verify(signing, _mint(signing, project="prj_1"), room=ROOM, now=NOW, project="x")


@foreign_library
def test_another_library_reads_our_tokens(signing: TokenKeys) -> None:
    """A JWT library that is not ours accepts what we sign."""
    read = jwt.decode(_mint(signing), signing.verifying, algorithms=["EdDSA"])

    assert read.claims["sub"] == "ada"
    assert read.header == {"alg": "EdDSA", "kid": signing.signing.kid}


def test_a_token_is_never_longer_than_is_read(signing: TokenKeys) -> None:
    """What no server would take is not minted."""
    with pytest.raises(ValueError, match="meta"):
        _mint(signing, meta={"essay": "x" * token.MAX_TOKEN})


def test_clocks_may_differ_a_little(signing: TokenKeys) -> None:
    """A token is good up to 30 s before its time and after it, and no longer."""
    made = _mint(signing)

    token.verify(signing, made, room=ROOM, now=NOW - token.LEEWAY)
    token.verify(signing, made, room=ROOM, now=NOW + 3600 + token.LEEWAY - 1)
    for moment in (NOW - token.LEEWAY - 1, NOW + 3600 + token.LEEWAY):
        with pytest.raises(TokenInvalid):
            token.verify(signing, made, room=ROOM, now=moment)


@pytest.mark.parametrize("moment", [NOW - 3600, NOW + 3600 + token.LEEWAY + 1])
def test_a_token_outside_its_time_is_refused(signing: TokenKeys, moment: int) -> None:
    """Neither a token from the future nor an expired one is accepted."""
    with pytest.raises(TokenInvalid):
        token.verify(signing, _mint(signing), room=ROOM, now=moment)


def test_a_token_of_another_room_is_refused(signing: TokenKeys) -> None:
    """A good token opens its own room only."""
    with pytest.raises(CapabilityMissing):
        token.verify(signing, _mint(signing, room="r_b"), room=ROOM, now=NOW)


def test_a_token_of_another_server_is_refused(signing: TokenKeys, tmp_path: Path) -> None:
    """A key that this server does not know proves nothing."""
    foreign = keys.load_or_create(tmp_path)

    with pytest.raises(TokenInvalid):
        token.verify(signing, _mint(foreign), room=ROOM, now=NOW)


def _unsigned(claims: dict[str, Any]) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def test_alg_none_is_refused(signing: TokenKeys) -> None:
    """A token without a signature is refused, whatever it claims."""
    claims = {"sub": "eve", "room": ROOM, "cap": ["publish:camera"], "exp": NOW + 60}

    with pytest.raises(TokenInvalid):
        token.verify(signing, _unsigned(claims), room=ROOM, now=NOW)


@foreign_library
def test_a_symmetric_signature_is_refused(signing: TokenKeys) -> None:
    """The public key cannot be used as an HMAC secret (algorithm confusion)."""
    secret = OctKey.import_key(json.dumps(signing.signing.as_dict(private=False)))
    forged = jwt.encode({"alg": "HS256"}, {"room": ROOM}, secret, algorithms=["HS256"])

    with pytest.raises(TokenInvalid):
        token.verify(signing, forged, room=ROOM, now=NOW)


@foreign_library
@pytest.mark.parametrize(
    "change",
    [
        {"aud": "no project"},
        {"aud": ["default"]},
        {"nbf": NOW - 60, "iat": NOW, "exp": NOW + 3600},
        {"nbf": NOW + token.LEEWAY + 1},
        {"sub": 7},
        {"meta": {"seat": 4}},
        {"iss": "other"},
        {"cap": "publish:camera"},
        {"cap": ["publish:everything"]},
        {"exp": NOW + 2 * token.MAX_TTL},
        {"room": None},
    ],
)
def test_each_claim_is_checked(signing: TokenKeys, change: dict[str, Any]) -> None:
    """A token signed by the right key is still refused for a wrong claim."""
    claims = {
        "iss": token.ISSUER,
        "aud": token.DEFAULT_PROJECT,
        "sub": "ada",
        "room": ROOM,
        "cap": ["publish:camera"],
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 60,
    }
    signed = jwt.encode(
        {"alg": "EdDSA", "kid": signing.signing.kid},
        claims | change,
        signing.signing,
        algorithms=["EdDSA"],
    )

    with pytest.raises(TokenInvalid):
        token.verify(signing, signed, room=ROOM, now=NOW)


@given(st.text(max_size=200))
def test_garbage_is_an_invalid_token(text: str) -> None:
    """Whatever is sent as a token, the answer is a documented error."""
    key = OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )
    with pytest.raises(TokenInvalid):
        token.verify(TokenKeys(key, KeySet([key])), text, room=ROOM, now=NOW)


def test_a_token_lives_at_most_an_hour(signing: TokenKeys) -> None:
    """Nobody can mint what rooms.md §5 forbids."""
    with pytest.raises(ValueError, match="3600"):
        _mint(signing, ttl=3601)


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer  "])
def test_a_missing_token_says_how_to_send_one(header: str | None) -> None:
    """Without a bearer token the error says which header is wanted."""
    with pytest.raises(TokenMissing, match="Authorization: Bearer"):
        token.bearer(header)


def test_a_refusal_names_the_missing_capability(signing: TokenKeys) -> None:
    """The sentence says which capability would have done."""
    grant = token.verify(
        signing, _mint(signing, capabilities=[Capability.CHAT_SEND]), room=ROOM, now=NOW
    )

    with pytest.raises(CapabilityMissing, match="publish:camera or publish:screen"):
        grant.require_any(capability.PUBLISH_VIDEO)
