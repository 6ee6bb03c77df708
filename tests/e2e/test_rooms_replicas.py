"""Two API replicas on one PostgreSQL and one NATS act as one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Server
from hookreceiver import receiving
from natsserver import NatsServer
from postgres import PostgresServer
from roomsnode import ROOMS_ONLY, client, eventually, running

from levelchat.client import LevelChat, RoomEnded, join

CAPABILITIES = ["publish:camera", "subscribe:all", "chat:send"]


@dataclass
class Replicas:
    """Both, and a client to each."""

    servers: tuple[Server, Server]
    clients: tuple[LevelChat, LevelChat]


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    postgres, nats = PostgresServer(), NatsServer()
    await asyncio.to_thread(postgres.start)
    nats.start()
    shared = {
        "LEVELCHAT_ROOMS__DATABASE": postgres.url("postgres"),
        "LEVELCHAT_SERVER__NATS": nats.url,
        "LEVELCHAT_SERVER__PLANES": ROOMS_ONLY,
    }
    try:
        async with (
            running(tmp_path, **shared, LEVELCHAT_SERVER__NODE="a") as a,
            running(tmp_path, **shared, LEVELCHAT_SERVER__NODE="b") as b,
            await client(a, **shared) as to_a,
            await client(b, **shared) as to_b,
        ):
            yield Replicas((a, b), (to_a, to_b))
    finally:
        nats.stop()
        postgres.remove()


async def test_they_act_as_one(replicas: Replicas) -> None:
    """A room made by one is known to the other; people on both see, hear and lose each other;
    each event is delivered once.
    """
    to_a, to_b = replicas.clients
    async with receiving() as hooks:
        await to_a.webhooks.create(hooks.url)
        room = await to_a.rooms.create()
        assert (await to_b.rooms.get(room.id)).id == room.id
        ada = await to_a.rooms.token(room.id, "ada", CAPABILITIES)
        bob = await to_b.rooms.token(room.id, "bob", CAPABILITIES)
        async with (
            join(replicas.servers[0].base, ada.token) as at_a,
            join(replicas.servers[1].base, bob.token) as at_b,
        ):
            await eventually(lambda: len(at_a.participants) == 2, 10, "ada seeing bob")
            assert {each.identity for each in at_b.participants} == {"ada", "bob"}
            heard: list[str] = []
            at_b.on("chat", lambda message: heard.append(message.text))
            await at_a.chat("hello")
            await eventually(lambda: heard == ["hello"], 10, "bob hearing ada")

            await to_b.rooms.end(room.id)
            async with asyncio.timeout(10):
                await asyncio.gather(at_a.closed(), at_b.closed())
        with pytest.raises(RoomEnded):
            await to_a.rooms.token(room.id, "ada", CAPABILITIES)
        await hooks.wait_for("room.ended")
        await eventually(lambda: hooks.types["participant.left"] == 2, 10, "both leaves")

    assert hooks.types == {
        "room.created": 1,
        "room.started": 1,
        "participant.joined": 2,
        "participant.left": 2,
        "room.ended": 1,
    }
