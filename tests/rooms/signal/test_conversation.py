"""Commands are carried out for all, answered, refused, or end the connection."""

import asyncio
from typing import Any

import pytest
from roomkit import PUBLISH
from signalkit import MODERATE, TALK, Installation, Replica, eventually

from levelchat.bus.messages import PublishingForbidden
from levelchat.contract.signal import HISTORY, MAX_CHAT
from rooms.errors import StoreUnavailable
from rooms.signal.connection import COMMANDS_PER_SECOND
from rooms.store import messages as message_rows
from rooms.store import sessions as session_rows


async def test_chat_reaches_all_and_who_comes_later(place: Installation, replica: Replica) -> None:
    """The speaker too; a joiner is given the last hundred; the rows are in the store."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]

    assert (await ada.ask("chat", text="hello"))["type"] == "done"

    for each in (ada, bob):
        said = await each.until("chat")
        assert (said["text"], said["identity"], said["name"]) == ("hello", "ada", "Ada")
    eve = await place.join(replica, room, "eve")
    assert [each["text"] for each in eve.welcome["chat"]] == ["hello"]

    async def stored() -> bool:
        async with place.kit.transactions.reading(None) as tx:
            found = await message_rows.last(tx.db, room.media_id, HISTORY)
        return [each.text for each in found] == ["hello"]

    await eventually(stored)


async def test_a_direct_message_is_between_two(place: Installation, replica: Replica) -> None:
    """Nobody else hears it, and no history has it."""
    room = await place.kit.create()
    ada, bob, eve = [await place.join(replica, room, each) for each in ("ada", "bob", "eve")]

    await ada.ask("chat", text="psst", to="bob")
    await ada.ask("chat", text="loud")

    assert (await bob.until("chat", text="psst"))["to"] == "bob"
    await ada.until("chat", text="psst")
    await eve.until("chat", text="loud")
    assert not any(message.get("text") == "psst" for message in eve.heard)
    late = await place.join(replica, room, "late")
    assert [each["text"] for each in late.welcome["chat"]] == ["loud"]


async def test_refusals_say_why_and_keep_the_connection(
    place: Installation, replica: Replica
) -> None:
    """Missing capability, too long, unknown type, wrong field: an error with the `ref`."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada", ("subscribe:all",))
    bob = await place.join(replica, room, "bob")

    refused = await ada.ask("chat", text="hi")
    assert (refused["type"], refused["code"]) == ("error", "capability_missing")
    assert "chat:send" in refused["message"]
    assert (await bob.ask("chat", text="x" * (MAX_CHAT + 1)))["code"] == "invalid_request"
    assert (await bob.ask("dance"))["code"] == "unknown_message"
    assert (await bob.ask("chat", colour="red"))["code"] == "invalid_request"
    assert (await bob.ask("kick", identity="ada"))["code"] == "capability_missing"
    assert (await bob.ask("chat", text="hi", to="nobody"))["code"] == "not_found"
    assert (await bob.ask("ping"))["type"] == "pong"


@pytest.mark.parametrize("data", ["{", "[]", '{"type":7}', '"chat"', "\x00"])
async def test_what_is_no_message_ends_the_connection(
    place: Installation, replica: Replica, data: str
) -> None:
    """With a reason, and the session with it."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")

    await ada.socket.send_str(data)

    assert await ada.over() == 4005

    async def gone() -> bool:
        return await place.kit.present(room) == []

    await eventually(gone)


async def test_a_moderator_kicks(place: Installation, replica: Replica) -> None:
    """Told why, out, and its token is no way back."""
    room = await place.kit.create()
    host = await place.join(replica, room, "host", MODERATE)
    bob = await place.join(replica, room, "bob")

    assert (await host.ask("kick", identity="bob"))["type"] == "done"

    assert (await bob.until("kicked"))["reason"] == "kicked"
    assert await bob.over() == 4001
    assert await host.sees_leave("bob") == "kicked"
    with pytest.raises(Exception, match="401"):
        await place.join(replica, room, "bob")
    assert (await host.ask("kick", identity="bob"))["code"] == "not_found"


async def test_a_moderator_takes_the_right_to_publish(
    place: Installation, replica: Replica
) -> None:
    """Everybody sees it, the nodes hear it, the store keeps it; and it can be given back."""
    room = await place.kit.create()
    host = await place.join(replica, room, "host", MODERATE)
    await place.join(replica, room, "bob", PUBLISH)
    heard: list[Any] = []
    await place.bus.subscribe("control", heard.append)

    await host.ask("publishing", identity="bob", allowed=False)

    await host.sees("bob", lambda bob: bob.get("publishing_forbidden"))
    async with place.kit.transactions.reading(None) as tx:
        assert await session_rows.forbidden(tx.db, room.media_id) == {"bob"}
    await eventually(lambda: any(isinstance(each, PublishingForbidden) for each in heard))
    await host.ask("publishing", identity="bob", allowed=True)
    await host.sees("bob", lambda bob: not bob.get("publishing_forbidden"))


async def test_a_moderator_lowers_hands_and_asks_for_silence(
    place: Installation, replica: Replica
) -> None:
    """The hand is down for all; the mute is a request to one."""
    room = await place.kit.create()
    host = await place.join(replica, room, "host", MODERATE)
    bob = await place.join(replica, room, "bob", (*TALK, "publish:mic"))

    await bob.ask("hand", raised=True)
    await host.sees("bob", lambda bob: bob.get("hand"))
    await host.ask("hand", raised=False, identity="bob")
    await host.sees("bob", lambda bob: not bob.get("hand"))
    await host.ask("mute", identity="bob", kind="audio")
    assert (await bob.until("mute"))["by"] == "host"


async def test_two_exchange_signals(place: Installation, replica: Replica) -> None:
    """A `1to1` room passes offers and candidates on, untouched; others do not."""
    room = await place.kit.create(type="1to1")
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]
    assert ada.welcome["mode"] == "p2p"

    data = {"description": {"type": "offer", "sdp": "v=0\r\n"}, "n": [1, 2.5, None]}
    assert (await ada.ask("signal", to="bob", data=data))["type"] == "done"

    assert (await bob.until("signal"))["data"] == data
    meeting = await place.kit.create()
    eve = await place.join(replica, meeting, "eve")
    assert (await eve.ask("signal", to="bob", data={}))["code"] == "invalid_request"


async def test_who_talks_too_fast_is_told(place: Installation, replica: Replica) -> None:
    """Per participant; others go on."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]
    place.clock.halt()

    answers = [(await ada.ask("chat", text="x")) for _ in range(12)]

    assert [each["type"] for each in answers[:10]] == ["done"] * 10
    assert [each["code"] for each in answers[10:]] == ["too_many_requests"] * 2
    assert (await bob.ask("chat", text="calm"))["type"] == "done"


async def test_who_asks_too_much_is_read_slowly(place: Installation, replica: Replica) -> None:
    """No refusals: everything is answered, only later."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    began = asyncio.get_running_loop().time()

    for number in range(170):
        await ada.say("ping", ref=f"p{number}")
    await ada.until("pong", ref="p169")

    assert asyncio.get_running_loop().time() - began > 20 / COMMANDS_PER_SECOND - 0.01


async def test_moderation_needs_the_store_and_says_so(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is away a kick is refused as unavailable; chat goes on."""
    room = await place.kit.create()
    host = await place.join(replica, room, "host", MODERATE)
    await place.join(replica, room, "bob")

    def away(org_id: str | None) -> Any:
        raise StoreUnavailable("away")

    monkeypatch.setattr(place.kit.transactions, "writing", away)

    assert (await host.ask("kick", identity="bob"))["code"] == "store_unavailable"
    assert (await host.ask("chat", text="still here"))["type"] == "done"


async def test_a_fault_of_ours_is_told(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `internal`, and the connection stays."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    live = replica.hub.find(room.media_id)

    def broken(message: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(live, "post", broken)

    assert (await ada.ask("chat", text="hi"))["code"] == "internal"
    assert (await ada.ask("ping"))["type"] == "pong"
