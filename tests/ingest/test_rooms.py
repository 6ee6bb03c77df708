"""Laws of ingest where rooms has its say: who may publish, and until when."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import offers
import whip
from aiohttp import ClientResponse
from rawpeer import RawPeer
from whip import Ingest, Stream, until

from levelchat.auth.capability import Capability
from levelchat.bus.messages import (
    Join,
    Joined,
    Left,
    Message,
    PublishingForbidden,
    Quality,
    RoomClosed,
    Seen,
    StreamStarted,
    StreamStopped,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE, REPORTS
from levelchat.errors import LevelChatError, PeerError


class _Full(PeerError):
    code = "room_full"
    status = 409
    title = "The room is full"


async def post(ingest: Ingest, token: str, offer: str = offers.OBS, room: str = whip.ROOM) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    response = await ingest.http.post(ingest.url(room), data=offer, headers=headers)
    await response.read()
    return response


async def code(response: ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["code"]


async def live(ingest: Ingest, raw: RawPeer, token: str, room: str = whip.ROOM) -> Stream:
    """A publisher whose sound arrives: the stream it opened."""
    before = len(ingest.sink.streams)
    response = await post(ingest, token, raw.offer(), room)
    assert response.status == 201, await response.text()
    await raw.connect(await response.text())
    raw.send_rtp(111, b"\xf8sound")
    await until(lambda: len(ingest.sink.streams) > before)
    return ingest.sink.streams[-1]


async def listen(ingest: Ingest, subject: str) -> list[Message]:
    heard: list[Message] = []
    await ingest.context.bus.subscribe(subject, heard.append)
    return heard


async def open_desk(ingest: Ingest, decide: Callable[[Join], Joined | LevelChatError]) -> None:
    """Rooms, as far as a node sees it."""

    async def respond(message: Message) -> Message:
        assert isinstance(message, Join)
        outcome = decide(message)
        if isinstance(outcome, LevelChatError):
            raise outcome
        return outcome

    await ingest.context.bus.respond(JOINS, respond)


def hour_from_now(ingest: Ingest) -> int:
    return ingest.clock.wall_ns() // 1_000_000 + 3_600_000


async def test_an_ended_room_takes_nobody() -> None:
    """A good token of a room that is over is 409 room_ended, and its publisher hears goodbye."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            token = ingest.token()
            stream = await live(ingest, raw, token)

            ended = RoomClosed(whip.ROOM, "host_ended", 0, hour_from_now(ingest))
            ingest.context.bus.publish(CONTROL, ended)
            await until(lambda: stream.closed)

            assert stream.closed == "host_ended"
            assert await code(await post(ingest, token)) == (409, "room_ended")
            assert (await post(ingest, ingest.token(room="r_2"), room="r_2")).status == 201


async def test_a_kicked_publisher_is_gone_within_a_second() -> None:
    """Its session ends, and the token that it has brings it nowhere."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            token = ingest.token(token_id="t1")
            stream = await live(ingest, raw, token)
            reports = await listen(ingest, PRESENCE)

            kick = TokenRevoked(whip.ROOM, "tester", ("t1",), "kicked", hour_from_now(ingest))
            ingest.context.bus.publish(CONTROL, kick)
            began = time.monotonic()
            await until(lambda: stream.closed)

            assert time.monotonic() - began < 1
            assert stream.closed == "kicked"
            await until(lambda: reports)
            assert isinstance(reports[0], Left)
            assert reports[0].reason == "kicked"
            assert await code(await post(ingest, token)) == (401, "token_revoked")
            assert (await post(ingest, ingest.token(identity="another"))).status == 201


async def test_who_may_not_publish_does_not() -> None:
    """A moderator's word ends the session and refuses the next, until it is taken back."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            stream = await live(ingest, raw, ingest.token())
            until_ms = hour_from_now(ingest)

            word = PublishingForbidden(whip.ROOM, "tester", forbidden=True, until=until_ms)
            ingest.context.bus.publish(CONTROL, word)
            await until(lambda: stream.closed)

            assert stream.closed == "publish_forbidden"
            assert await code(await post(ingest, ingest.token())) == (403, "publish_forbidden")
            assert (await post(ingest, ingest.token(identity="another"))).status == 201
            word = PublishingForbidden(whip.ROOM, "tester", forbidden=False, until=until_ms)
            ingest.context.bus.publish(CONTROL, word)
            await ingest.context.bus.settle(5)
            assert (await post(ingest, ingest.token())).status == 201


async def test_rooms_may_refuse() -> None:
    """Its own code and sentence reach the publisher, and no session is left behind."""
    async with whip.running() as ingest:
        await open_desk(ingest, lambda _join: _Full("it takes 2 participants"))

        refused = await post(ingest, ingest.token())

        assert await code(refused) == (409, "room_full")
        assert (await refused.json())["detail"] == "it takes 2 participants"
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
        assert ingest.metric("levelchat_ingest_sessions") == 0
        assert ingest.metric("levelchat_ingest_refused_total", code="room_full") == 1


async def test_media_need_no_rooms() -> None:
    """While rooms is away publishers come and stay by their tokens, and it is told of them as
    soon as it listens.
    """
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            stream = await live(ingest, raw, ingest.token(name="Ada"))
            reports = await listen(ingest, PRESENCE)

            for _ in range(2):
                ingest.context.presence.say_seen()
            await until(lambda: len(reports) == 2)

            assert not stream.closed
            for report in reports:
                assert isinstance(report, Seen)
                [join] = report.sessions
                assert (join.identity, join.name, join.transport) == ("tester", "Ada", "whip")


async def test_a_session_is_joined_and_left() -> None:
    """Rooms hears of the offer, and of the end of the session: by DELETE as by any other."""
    async with whip.running() as ingest:
        joins: list[Join] = []

        def decide(join: Join) -> Joined:
            joins.append(join)
            return Joined(managed=True, participant="p_1")

        await open_desk(ingest, decide)
        reports = await listen(ingest, PRESENCE)
        token = ingest.token()
        response = await post(ingest, token)

        await ingest.http.delete(
            ingest.base + response.headers["Location"],
            headers={"Authorization": f"Bearer {token}"},
        )
        await until(lambda: reports)

        [left] = reports
        assert isinstance(left, Left)
        assert (left.session, left.media_id) == (joins[0].session, whip.ROOM)


async def test_no_seat_is_taken_where_there_is_no_place() -> None:
    """A full server asks rooms for nothing."""
    async with whip.running(max_publishers=1) as ingest:
        joins: list[str] = []

        def decide(join: Join) -> Joined:
            joins.append(join.media_id)
            return Joined(managed=True)

        await open_desk(ingest, decide)
        assert (await post(ingest, ingest.token())).status == 201

        full = await post(ingest, ingest.token(room="r_2"), room="r_2")

        assert full.status == 503
        assert joins == [whip.ROOM]


async def test_a_room_goes_by_both_its_names() -> None:
    """Its public id and its media id are one endpoint; media go by the media id; the session's
    URL holds under the name that was used; another room's token opens neither.
    """
    async with whip.running() as ingest:
        token = ingest.token(media_id="r_01ABC", project="prj_1")
        for name in (whip.ROOM, "r_01ABC"):
            with contextlib.closing(RawPeer()) as raw:
                stream = await live(ingest, raw, token, name)
                assert stream.room == "r_01ABC"
        response = await post(ingest, token)
        session = ingest.base + response.headers["Location"]
        assert f"/v1/whip/{whip.ROOM}/" in session

        # The same public id in another project is another room.
        other = {"Authorization": f"Bearer {ingest.token()}"}
        async with ingest.http.delete(session, headers=other) as refused:
            assert await code(refused) == (403, "capability_missing")
        async with ingest.http.delete(
            session, headers={"Authorization": f"Bearer {token}"}
        ) as done:
            assert done.status == 200


async def test_a_stream_is_reported() -> None:
    """That media flow, how well every five seconds, and why they stopped."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            heard = await listen(ingest, REPORTS)
            stream = await live(ingest, raw, ingest.token(Capability.PUBLISH_CAMERA))
            await until(lambda: heard)
            started = heard[0]
            assert isinstance(started, StreamStarted)
            assert (started.media_id, started.identity) == (whip.ROOM, "tester")
            assert started.kinds == ("audio", "video")

            ingest.clock.skip(5)
            await until(lambda: len(heard) == 2)
            quality = heard[1]
            assert isinstance(quality, Quality)
            assert (quality.identity, quality.fraction_lost) == ("tester", 0.0)

            for datagram in raw.dtls.shut_down():
                raw.send(datagram)
            await until(lambda: stream.closed)
            await until(lambda: len(heard) == 3)
            stopped = heard[2]
            assert isinstance(stopped, StreamStopped)
            assert (stopped.session, stopped.reason) == (started.session, stream.closed)


async def test_a_session_without_media_is_no_stream() -> None:
    """What never flowed is neither started nor stopped."""
    async with whip.running() as ingest:
        heard = await listen(ingest, REPORTS)
        await post(ingest, ingest.token())
        await ingest.plane.drain()
        await ingest.context.bus.settle(5)
        await asyncio.sleep(0)

        assert heard == []
