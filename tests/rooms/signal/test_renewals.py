"""A connection gets a fresh token before its old one expires."""

import msgspec
import pytest
from signalkit import TALK, Installation, Replica

from levelchat.auth.token import Grant
from rooms.errors import StoreUnavailable
from rooms.signal import renewals


@pytest.mark.parametrize(("life", "ahead"), [(3_600, 300), (400, 200), (1, 0)])
def test_renewal_comes_in_time(life: int, ahead: int) -> None:
    """Five minutes before the end, or after half of a short life."""
    grant = Grant(
        room="r",
        media_id="r",
        identity="a",
        capabilities=frozenset(),
        token_id="",
        starts=1_000,
        expires=1_000 + life,
    )
    assert renewals.renew_at(grant) == 1_000 + life - ahead


async def test_a_fresh_token_is_pushed(place: Installation, replica: Replica) -> None:
    """Of the same rights and the same id, an hour longer; and the next one in time again."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada", TALK)
    (connection,) = replica.hub.find(room.media_id).connections.values()
    before = connection.grant
    place.clock.ahead_ns += 3_301 * 1_000_000_000
    connection.heard = replica.surroundings.monotonic()
    place.advance(replica, 15)

    renewed = await ada.until("token")

    grant = replica.surroundings.verifier.verify(
        renewed["token"], now=replica.surroundings.seconds()
    )
    assert grant.capabilities == before.capabilities
    assert grant.token_id == before.token_id
    assert grant.expires * 1_000 == renewed["expires_at"]
    assert grant.expires > before.expires + 3_000
    assert connection.renew_at == grant.expires - renewals.AHEAD_SECONDS


async def test_a_store_that_is_away_is_asked_again(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection stays meanwhile."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada", ttl=60)
    (connection,) = replica.hub.find(room.media_id).connections.values()
    renew, tries = replica.surroundings.minting.renew, 0

    async def flaky(grant: Grant) -> object:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable("away")
        return await renew(grant)

    monkeypatch.setattr(replica.surroundings.minting, "renew", flaky)
    place.clock.ahead_ns += 31 * 1_000_000_000
    for _ in range(5):
        connection.heard = replica.surroundings.monotonic()
        place.advance(replica, 15)
        await ada.ask("ping")

    assert (await ada.until("token"))["token"]
    assert tries == 2
    assert msgspec.structs.asdict(connection.grant)["expires"] > 0
