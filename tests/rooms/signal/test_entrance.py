"""Who is let in, who is back, and what becomes of those who vanish on the way."""

import asyncio

import aiohttp
import msgspec
import pytest
from signalkit import TALK, Installation, Replica, eventually

from rooms.errors import RoomFull
from rooms.model import EndReason, LeaveReason, Session
from rooms.signal.entrance import ELSEWHERE_MS, _goes_on


async def _refusal(place: Installation, replica: Replica, token: str, resume: str = "") -> dict:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
    }
    params = {key: value for key, value in (("token", token), ("resume", resume)) if value}
    async with place.http.get(replica.url, headers=headers, params=params) as response:
        assert response.content_type == "application/problem+json"
        body: dict = await response.json()
        assert body["status"] == response.status
        return body


async def test_a_room_that_was_never_created_is_not_found(
    place: Installation, replica: Replica
) -> None:
    """And whoever asks is told what to do."""
    room = await place.kit.create()
    token = place.token(room, "ada", room="r_none", media_id="r_none")

    problem = await _refusal(place, replica, token)

    assert (problem["status"], problem["code"]) == (404, "not_found")
    assert "create it" in problem["detail"]


async def test_a_full_room_and_an_ended_one_refuse(place: Installation, replica: Replica) -> None:
    """409 before anything is upgraded."""
    room = await place.kit.create(config={"max_participants": 1})
    ada = await place.join(replica, room, "ada")

    assert (await _refusal(place, replica, place.token(room, "bob")))["code"] == RoomFull.code
    await place.end(room, EndReason.HOST_ENDED)
    await ada.over()
    problem = await _refusal(place, replica, place.token(room, "bob"))
    assert (problem["status"], problem["code"]) == (409, "room_ended")


async def test_bad_tokens_are_401(place: Installation, replica: Replica) -> None:
    """None, nonsense, and a ticket that is none."""
    for token, resume in (("", ""), ("nonsense", "")):
        assert (await _refusal(place, replica, token, resume))["status"] == 401
    assert (await _refusal(place, replica, "", "s_1.guess"))["status"] == 404


async def test_who_vanishes_while_joining_does_not_stay(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that is closed at the wrong moment leaves no ghost behind."""
    room = await place.kit.create()
    attendance = replica.surroundings.attendance
    join, reached, gate = attendance.join, asyncio.Event(), asyncio.Event()

    async def slow(wanted: object) -> object:
        attended = await join(wanted)
        reached.set()
        await gate.wait()
        return attended

    monkeypatch.setattr(attendance, "join", slow)
    opening = asyncio.create_task(place.open(replica, place.token(room, "ada")))
    await reached.wait()
    assert await place.kit.present(room) == ["ada"]
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)

    async def nobody() -> bool:
        return await place.kit.present(room) == []

    await eventually(nobody)
    assert not replica.hub.rooms


async def test_a_ticket_resumes_without_a_token(place: Installation, replica: Replica) -> None:
    """The others never see anybody go; the ticket is good once."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]
    await ada.sees("bob")
    live = replica.hub.find(room.media_id)
    bob.cut()
    await eventually(lambda: live.parked)

    again = await place.open(replica, resume=bob.welcome["resume"])

    assert again.welcome["resumed"] is True
    assert again.welcome["participant"] == bob.welcome["participant"]
    assert again.welcome["resume"] != bob.welcome["resume"]
    await again.ask("chat", text="back")
    await ada.until("chat", text="back")
    assert ada.left == {}
    assert (await _refusal(place, replica, "", bob.welcome["resume"]))["code"] == "not_found"


async def test_resuming_before_the_break_was_noticed(
    place: Installation, replica: Replica
) -> None:
    """The network changed, and the old connection does not know yet."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")

    again = await place.open(replica, resume=ada.welcome["resume"])

    assert again.welcome["resumed"] is True
    assert await ada.over() == 4003
    assert (await again.ask("ping"))["type"] == "pong"
    assert await place.kit.present(room) == ["ada"]


async def test_a_token_resumes_at_another_replica(place: Installation, replica: Replica) -> None:
    """The same session, the same participant; the old replica lets go of it."""
    other = await place.replica("two")
    room = await place.kit.create()
    ada, bob = await place.join(replica, room, "ada"), await place.join(other, room, "bob")
    live = replica.hub.find(room.media_id)
    token, resume = place.token(room, "ada"), ada.welcome["resume"]
    ada.cut()
    await eventually(lambda: live.parked)

    again = await place.open(other, token, resume)

    assert again.welcome["resumed"] is True
    assert again.welcome["participant"]["id"] == ada.welcome["participant"]["id"]
    await eventually(lambda: not live.parked)
    place.advance(replica, 40)
    assert sorted(await place.kit.present(room)) == ["ada", "bob"]
    assert bob.left == {}


async def test_anothers_ticket_is_no_way_in(place: Installation, replica: Replica) -> None:
    """At another replica the token decides: its holder joins as itself."""
    other = await place.replica("two")
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")

    eve = await place.open(other, place.token(room, "eve"), ada.welcome["resume"])

    assert "resumed" not in eve.welcome
    assert eve.welcome["participant"]["identity"] == "eve"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await place.open(other, resume=ada.welcome["resume"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"left_at": 90_000, "reason": LeaveReason.LOST.value}, True),
        ({"left_at": 90_000, "reason": LeaveReason.KICKED.value}, False),
        ({"seen_at": 100_000 - ELSEWHERE_MS - 1}, False),
        ({"identity": "eve"}, False),
        ({"media_id": "r_2"}, False),
        ({"token_id": "another"}, False),
    ],
)
async def test_what_goes_on_elsewhere(
    place: Installation, replica: Replica, changes: dict, *, expected: bool
) -> None:
    """Only the token's own session, not ended, seen a moment ago."""
    room = await place.kit.create()
    wish = place.kit.wish(room, "ada", TALK, token_id="jti-ada")
    row = Session(
        wish.session, "o", "p", room.media_id, "p_1", "ada", "", TALK, {}, "signal", "n", "jti-ada",
        moderator=False, publisher=False, joined_at=1, seen_at=99_000, left_at=None, reason=None,
    )  # fmt: skip
    grant = replica.surroundings.verifier.verify(
        place.token(room, "ada"), now=replica.surroundings.seconds()
    )
    row = msgspec.convert(msgspec.to_builtins(row) | changes, Session)
    assert _goes_on(row, grant, 100_000) is expected
