"""Connections break and sessions wait; who stays silent is lost, at the instant it was heard."""

import pytest
from roomkit import START
from signalkit import Installation, Replica, eventually

from rooms.model import Room, Session


async def _session(place: Installation, room: Room, identity: str) -> Session:
    found = await place.kit.sessions(room)
    (session,) = [each for each in found.values() if each.identity == identity]
    return session


async def _left(place: Installation, room: Room, identity: str) -> Session:
    async def gone() -> bool:
        return (await _session(place, room, identity)).left_at is not None

    await eventually(gone)
    return await _session(place, room, identity)


async def test_a_dead_client_is_lost_within_45_seconds(
    place: Installation, replica: Replica
) -> None:
    """It left when it was last heard, not when that was noticed (rooms.md §2)."""
    room = await place.kit.create()
    _, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]
    await bob.sees("bob")
    live = replica.hub.find(room.media_id)
    connections = {each.speaker.identity: each for each in live.connections.values()}
    # A client that answers no pings: it never reads.
    silent = connections["ada"]
    for _ in range(45):
        heard = silent.heard
        place.advance(replica, 1)
        connections["bob"].heard = replica.surroundings.monotonic()
        if silent.code is not None:
            break
        assert silent.heard == heard

    assert silent.code == 4006
    gone = await _left(place, room, "ada")
    assert gone.reason == "lost"
    assert gone.left_at is not None
    assert START <= gone.left_at <= START + 1_000
    assert await bob.sees_leave("ada") == "lost"


async def test_a_broken_connection_waits_thirty_seconds(
    place: Installation, replica: Replica
) -> None:
    """Then it left when it was last heard."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]
    live = replica.hub.find(room.media_id)
    ada.cut()
    await eventually(lambda: live.parked)

    place.advance(replica, 29)
    for each in live.connections.values():
        each.heard = replica.surroundings.monotonic()
    assert await place.kit.present(room) == ["ada", "bob"]
    place.advance(replica, 2)

    gone = await _left(place, room, "ada")
    assert gone.reason == "lost"
    assert gone.left_at is not None
    assert gone.left_at <= START + 1_000
    assert await bob.sees_leave("ada") == "lost"
    with pytest.raises(Exception, match="404"):
        await place.open(replica, resume=ada.welcome["resume"])


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_client_that_closes_has_left(
    place: Installation, replica: Replica, code: int
) -> None:
    """At once: a tab that is closed needs no thirty seconds."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")

    await ada.socket.close(code=code)

    assert (await _left(place, room, "ada")).reason == "left"
    await eventually(lambda: not replica.hub.rooms)


async def test_the_store_hears_who_is_here(place: Installation, replica: Replica) -> None:
    """Those who were heard lately, and those who may yet resume; not the silent."""
    room = await place.kit.create()
    clients = {each: await place.join(replica, room, each) for each in ("ada", "bob", "eve")}
    live = replica.hub.find(room.media_id)
    connections = {each.speaker.identity: each for each in live.connections.values()}
    place.clock.ahead_ns += 20 * 1_000_000_000
    place.kit.now += 20_000
    for each in ("ada", "bob"):
        connections[each].heard = replica.surroundings.monotonic()
    clients["bob"].cut()
    await eventually(lambda: live.parked)

    await replica.signalling._say_who_is_here()

    seen = {
        each.identity: each.seen_at - START for each in (await place.kit.sessions(room)).values()
    }
    assert seen == {"ada": 20_000, "bob": 20_000, "eve": 0}


async def test_who_was_kicked_on_the_way_in_is_turned_away(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news of a kick may come before the connection is open."""
    room = await place.kit.create()
    host = await place.join(replica, room, "host", ("moderate:participants",))
    keeper = replica.signalling._keeper
    attach = keeper.attach

    def kicked_first(taken: object, transport: object, ticket: str) -> object:
        taken.live.roster.close(taken.presence.session, "kicked")  # type: ignore[attr-defined]
        return attach(taken, transport, ticket)

    monkeypatch.setattr(keeper, "attach", kicked_first)
    socket = await place.connect(replica, params={"token": place.token(room, "bob")})
    message = await socket.receive(timeout=10)
    assert message.json() == {"type": "kicked", "reason": "kicked"}
    assert (await socket.receive(timeout=10)).data == 4001
    assert (await host.ask("ping"))["type"] == "pong"


async def test_no_more_wait_than_may_be_connected(place: Installation) -> None:
    """The oldest gives way."""
    replica = await place.replica("two", max_signal_connections=2)
    room = await place.kit.create()
    for each in ("ada", "bob", "eve"):
        client = await place.join(replica, room, each)
        client.cut()
        await eventually(lambda: replica.signalling._count == 0)

    assert (await _left(place, room, "ada")).reason == "lost"
    assert await place.kit.present(room) == ["bob", "eve"]
