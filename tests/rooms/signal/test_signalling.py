"""Signalling as a process has it: opened, bounded, drained, and full of people."""

import asyncio
import time

import aiohttp
import pytest
from signalkit import Client, Installation, Replica, eventually

from levelchat import client
from levelchat.contract import signal


async def test_a_plain_request_is_told_what_this_is(place: Installation, replica: Replica) -> None:
    """A problem document, never a 500."""
    room = await place.kit.create()
    async with place.http.get(replica.url) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"]
    async with place.http.get(replica.url, params={"token": place.token(room, "a")}) as response:
        assert response.status == 400
        assert "WebSocket" in (await response.json())["detail"]
    assert await place.kit.present(room) == []


async def test_connections_are_bounded(place: Installation) -> None:
    """One more is a 503 that says when to try again."""
    replica = await place.replica("two", max_signal_connections=1)
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await place.join(replica, room, "bob")
    assert refused.value.status == 503
    assert refused.value.headers is not None
    assert refused.value.headers["Retry-After"]

    await ada.socket.close()
    await eventually(lambda: replica.signalling._count == 0)
    await place.join(replica, room, "bob")


async def test_before_it_runs_and_after_it_is_busy(place: Installation, replica: Replica) -> None:
    """503, not a connection that nobody looks after."""
    room = await place.kit.create()
    await replica.die()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await place.join(replica, room, "ada")
    assert refused.value.status == 503


async def test_oversized_and_binary_messages_end_the_connection(
    place: Installation, replica: Replica
) -> None:
    """rooms.md §6: closed with a reason; what just fits does not."""
    room = await place.kit.create()
    limit = replica.surroundings.settings.signal_message_bytes
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]

    empty = '{"type":"ping","ref":""}'
    await ada.socket.send_str(empty.replace('""', f'"{"x" * (limit - len(empty))}"'))
    assert (await ada.until("pong"))["ref"]
    await ada.socket.send_str("x" * (limit + 1))
    await bob.socket.send_bytes(b"\x00")

    assert await ada.over() == signal.CLOSE_TOO_BIG
    assert await bob.over() == signal.CLOSE_MALFORMED

    async def nobody() -> bool:
        return await place.kit.present(room) == []

    await eventually(nobody)


async def test_a_clients_own_ping_is_answered(place: Installation, replica: Replica) -> None:
    """With the same data (RFC 6455 §5.5.3)."""
    room = await place.kit.create()
    params = {"token": place.token(room, "ada")}
    socket = await place.connect(replica, params=params, autoping=False)
    await socket.ping(b"hello")
    while (frame := await socket.receive(timeout=10)).type is not aiohttp.WSMsgType.PONG:
        assert frame.type is aiohttp.WSMsgType.TEXT
    assert frame.data == b"hello"
    await socket.close()


async def test_a_drain_sends_all_elsewhere(place: Installation, replica: Replica) -> None:
    """Nobody leaves: the sessions go on at another replica."""
    other = await place.replica("two")
    room = await place.kit.create()
    clients = [await place.join(replica, room, f"user-{n}") for n in range(3)]

    codes = await asyncio.gather(replica.signalling.drain(), *(each.over() for each in clients))

    assert codes[1:] == [1001, 1001, 1001]
    for each in clients:
        assert (await each.until("moved"))["url"] == replica.url.replace("http", "ws", 1)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await place.join(replica, room, "late")
    assert len(await place.kit.present(room)) == 3
    again = await place.open(other, place.token(room, "user-0"), clients[0].welcome["resume"])
    assert again.welcome["resumed"] is True
    assert again.welcome["participant"]["id"] == clients[0].welcome["participant"]["id"]


async def test_a_replica_dies_and_its_sessions_go_on(
    place: Installation, replica: Replica
) -> None:
    """With the token; nobody needs to have said goodbye."""
    other = await place.replica("two")
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    await replica.die()
    ada.cut()

    again = await place.open(other, place.token(room, "ada"), ada.welcome["resume"])

    assert again.welcome["participant"]["id"] == ada.welcome["participant"]["id"]
    assert await place.kit.present(room) == ["ada"]


async def test_who_does_not_read_is_cut_off(place: Installation, replica: Replica) -> None:
    """A client that is too slow costs a bounded amount of memory, and may come back."""
    room = await place.kit.create()
    slow = await place.join(replica, room, "slow")
    live = replica.hub.find(room.media_id)
    (connection,) = live.connections.values()
    slow.socket._response.connection.transport.pause_reading()
    message = signal.ChatMessage(id="msg_1", identity="x", name="", text="x" * 60_000, at=1)
    for _ in range(1_000):
        live.post(message)
        await asyncio.sleep(0)
        if connection.code is not None:
            break

    assert connection.code == signal.CLOSE_TOO_SLOW
    place.advance(replica, 3)
    await eventually(lambda: live.parked)


async def test_three_hundred_in_one_room(place: Installation, replica: Replica) -> None:
    """All join, all know of all, all hear a message, all but one hear that one leaves."""
    room = await place.kit.create(type="live")
    began = time.monotonic()
    clients = await asyncio.gather(
        *(place.join(replica, room, f"user-{n:03}") for n in range(300))
    )

    async def knows_all(each: Client) -> None:
        cursor = each.welcome.get("cursor", "")
        while cursor:
            page = await each.ask("roster", cursor=cursor)
            cursor = page.get("cursor", "")
        while len(each.people) < 300:
            assert await each.next() is not None

    await asyncio.gather(*(knows_all(each) for each in clients))
    await clients[7].ask("chat", text="hello")
    await asyncio.gather(*(each.until("chat", text="hello") for each in clients))
    await clients[0].say("leave")
    assert await clients[0].over() == signal.CLOSE_LEFT
    await asyncio.gather(*(each.sees_leave("user-000") for each in clients[1:]))
    assert replica.surroundings.metrics.connections._value.get() == 299
    assert time.monotonic() - began < 60


async def test_our_own_client_stays_in_the_room(place: Installation, replica: Replica) -> None:
    """`levelchat.client` joins, is cut off, resumes, is sent elsewhere, and nobody noticed."""
    other = await place.replica("two")
    room = await place.kit.create()
    bob = await place.join(other, room, "bob")
    async with client.join(replica.url.replace("http", "ws", 1), place.token(room, "ada")) as ada:
        me = ada.me.id
        await ada.chat("one")
        await bob.until("chat", text="one")
        live = replica.hub.find(room.media_id)
        (connection,) = live.connections.values()
        connection.transport.abort()
        await eventually(lambda: {connection} & set(live.connections.values()) == set())
        await eventually(lambda: live.connections)
        await ada.chat("two")
        await bob.until("chat", text="two")
        # Where the balancer sends whoever comes from now on.
        for each in live.connections.values():
            each.base = other.url.removesuffix("/v1/signal")
        await replica.signalling.drain()
        await eventually(lambda: len(other.hub.find(room.media_id).connections) == 2)
        await ada.chat("three")
        await bob.until("chat", text="three")
        assert ada.me.id == me
        assert {each.identity for each in ada.participants} == {"ada", "bob"}
        assert bob.left == {}
    assert await bob.sees_leave("ada") == "left"
