"""Laws of levelchat.auth.revocation."""

import pytest

from levelchat.auth import revocation
from levelchat.auth.capability import Capability
from levelchat.auth.errors import RoomOver, TokenRevoked
from levelchat.auth.revocation import Revocations
from levelchat.auth.token import Grant
from levelchat.bus import messages
from levelchat.bus.messages import PublishingForbidden, RoomClosed, RoomOpened, Standing

NOW = 1_800_000_000
UNTIL = (NOW + 3630) * 1000
GRANT = Grant(
    room="r_a",
    media_id="r_1",
    identity="ada",
    capabilities=frozenset({Capability.PUBLISH_CAMERA}),
    token_id="t1",
    expires=NOW + 60,
)
CLOSED = RoomClosed("r_1", "host_ended", NOW * 1000, UNTIL)
REVOKED = messages.TokenRevoked("r_1", "ada", ("t0", "t1"), "kicked", UNTIL)


def test_nothing_is_refused_without_a_word() -> None:
    """Where rooms said nothing, the token alone decides."""
    revocations = Revocations()

    revocations.check(GRANT, NOW)

    assert not revocations.publishing_forbidden("r_1", "ada", NOW)


def test_an_ended_room_refuses_its_tokens() -> None:
    """By its media id, whatever its tokens call it; other rooms go on."""
    revocations = Revocations()
    revocations.take(CLOSED, NOW)
    revocations.take(RoomClosed("r_a", "host_ended", NOW * 1000, UNTIL), NOW)
    elsewhere = Grant(
        room="r_1",
        media_id="r_2",
        identity="ada",
        capabilities=frozenset(),
        token_id="t2",
        expires=NOW + 60,
    )

    with pytest.raises(RoomOver) as caught:
        revocations.check(GRANT, NOW)
    revocations.check(elsewhere, NOW)

    assert (caught.value.code, caught.value.status) == ("room_ended", 409)


def test_a_room_that_opens_again_is_open() -> None:
    """Its name may be used for a new room once the old one is forgotten."""
    revocations = Revocations()
    revocations.take(CLOSED, NOW)

    revocations.take(RoomOpened("r_1"), NOW)

    revocations.check(GRANT, NOW)


def test_a_revoked_token_is_refused() -> None:
    """By its id; another token of the same holder is good."""
    revocations = Revocations()
    revocations.take(REVOKED, NOW)

    with pytest.raises(TokenRevoked) as caught:
        revocations.check(GRANT, NOW)

    assert (caught.value.code, caught.value.status) == ("token_revoked", 401)
    revocations.check(
        Grant(
            room="r_a",
            media_id="r_1",
            identity="ada",
            capabilities=frozenset(),
            token_id="t9",
            expires=NOW,
        ),
        NOW,
    )


def test_publishing_is_forbidden_and_allowed_again() -> None:
    """One identity in one room, until a moderator allows it again."""
    revocations = Revocations()

    revocations.take(PublishingForbidden("r_1", "ada", forbidden=True, until=UNTIL), NOW)
    assert revocations.publishing_forbidden("r_1", "ada", NOW)
    assert not revocations.publishing_forbidden("r_1", "eve", NOW)
    assert not revocations.publishing_forbidden("r_2", "ada", NOW)

    revocations.take(PublishingForbidden("r_1", "ada", forbidden=False, until=UNTIL), NOW)
    assert not revocations.publishing_forbidden("r_1", "ada", NOW)


def test_a_node_that_starts_learns_it_all() -> None:
    """What stands is as good as what is said."""
    revocations = Revocations()
    forbidden = PublishingForbidden("r_1", "eve", forbidden=True, until=UNTIL)

    revocations.take(Standing((CLOSED,), (REVOKED,), (forbidden,)), NOW)

    assert revocations.publishing_forbidden("r_1", "eve", NOW)
    with pytest.raises(TokenRevoked):
        revocations.check(GRANT, NOW)


def test_every_entry_ends() -> None:
    """At its `until` nothing is in force any more, and an older word does not shorten it."""
    revocations = Revocations()
    revocations.take(REVOKED, NOW)
    revocations.take(
        messages.TokenRevoked("r_1", "ada", ("t1",), "kicked", UNTIL - 1_000_000), NOW
    )

    with pytest.raises(TokenRevoked):
        revocations.check(GRANT, NOW + 3629)
    revocations.check(GRANT, NOW + 3630)


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over goes first; then the oldest, which is counted."""
    monkeypatch.setattr(revocation, "MAX_ENTRIES", 10)
    revocations = Revocations()
    for number in range(10):
        revocations.revoke(f"old{number}", (NOW + 10) * 1000, NOW)

    for number in range(10):
        revocations.revoke(f"new{number}", UNTIL, NOW + 20)
    assert (len(revocations._revoked), revocations.dropped) == (10, 0)

    revocations.revoke("one more", UNTIL, NOW + 20)
    assert (len(revocations._revoked), revocations.dropped) == (9, 2)
    assert "one more" in revocations._revoked
