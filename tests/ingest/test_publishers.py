"""Laws of who is a room's publisher."""

import contextlib

import offers
import whip
from aiohttp import ClientResponse
from rawpeer import RawPeer
from whip import Ingest, Stream, until

from levelchat.media.stage import Publication
from levelchat.rtc.forward.seams import Forwarder


async def post(
    ingest: Ingest,
    room: str = whip.ROOM,
    offer: str = offers.OBS,
    identity: str = "tester",
    to: str = "programme",
) -> ClientResponse:
    headers = {
        "Authorization": f"Bearer {ingest.token(room=room, identity=identity)}",
        "Content-Type": "application/sdp",
    }
    url = f"{ingest.url(room)}?to={to}"
    response = await ingest.http.post(url, data=offer, headers=headers)
    await response.read()
    return response


async def live(ingest: Ingest, raw: RawPeer, room: str = whip.ROOM) -> Stream:
    """A publisher whose sound arrives: the stream it opened."""
    before = len(ingest.sink.streams)
    response = await post(ingest, room, raw.offer())
    await raw.connect(await response.text())
    raw.send_rtp(111, b"\xf8sound")
    await until(lambda: len(ingest.sink.streams) > before)
    return ingest.sink.streams[-1]


async def test_a_second_publisher_takes_over() -> None:
    """The first stays until the second's media is there, and is then told goodbye."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as first, contextlib.closing(RawPeer()) as second:
            old = await live(ingest, first)
            response = await post(ingest, offer=second.offer())
            assert response.status == 201
            first.send_rtp(111, b"\xf8more", timestamp=960)
            await until(lambda: len(old.frames) == 2)
            assert not old.closed

            await second.connect(await response.text())
            second.send_rtp(111, b"\xf8new")
            await until(lambda: old.closed)

            assert old.closed == "replaced by another publisher"
            assert len(ingest.sink.streams) == 2
            assert ingest.metric("levelchat_ingest_publishers") == 1
            first.dtls.receive(await first.receive())
            await until(lambda: len(ingest.sink.streams[1].frames) == 1)


async def test_takeover_may_be_off() -> None:
    """Then a second offer is 409 while anybody publishes there, and fine elsewhere."""
    async with whip.running(takeover=False) as ingest:
        with contextlib.closing(RawPeer()) as raw:
            stream = await live(ingest, raw)

            refused = await post(ingest, identity="another")

            assert refused.status == 409
            assert (await refused.json())["code"] == "room_has_publisher"
            assert (await post(ingest, "r_other")).status == 201
            assert not stream.closed


async def test_whoever_comes_back_replaces_themselves() -> None:
    """The same identity needs no takeover: its network changed, or its browser crashed."""
    async with whip.running(takeover=False) as ingest:
        with contextlib.closing(RawPeer()) as first, contextlib.closing(RawPeer()) as again:
            old = await live(ingest, first)

            new = await live(ingest, again)
            await until(lambda: old.closed)

            assert old.closed == "replaced by another publisher"
            assert not new.closed


async def test_an_offer_nobody_came_for_makes_room() -> None:
    """A room has one connecting session at most: a newer offer replaces it."""
    async with whip.running() as ingest:
        for _ in range(5):
            assert (await post(ingest)).status == 201

        assert ingest.metric("levelchat_ingest_sessions") == 1
        assert ingest.metric("levelchat_ingest_sessions_ended_total") == 4


async def test_a_full_server_says_when_to_come_back() -> None:
    """503 with Retry-After beyond max_publishers; a takeover needs no place of its own."""
    async with whip.running(max_publishers=2) as ingest:
        assert (await post(ingest, "r_1")).status == 201
        assert (await post(ingest, "r_2")).status == 201

        full = await post(ingest, "r_3")

        assert full.status == 503
        assert int(full.headers["Retry-After"]) > 0
        assert (await full.json())["code"] == "ingest_full"
        assert (await post(ingest, "r_2")).status == 201


async def test_a_drain_ends_everybody() -> None:
    """Publishers hear goodbye, the packager its reason, and new ones 503."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            stream = await live(ingest, raw)
            await post(ingest, "r_connecting")

            await ingest.plane.drain()

            assert stream.closed == "server draining"
            assert ingest.metric("levelchat_ingest_sessions") == 0
            raw.dtls.receive(await raw.receive())
            assert raw.dtls.closed_by_peer
            late = await post(ingest)
            assert (late.status, (await late.json())["code"]) == (503, "ingest_draining")
            assert "Retry-After" in late.headers


async def test_rooms_do_not_see_each_other() -> None:
    """The end of one room's publisher leaves the other's alone."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as one, contextlib.closing(RawPeer()) as two:
            first, second = await live(ingest, one, "r_1"), await live(ingest, two, "r_2")
            for datagram in one.dtls.shut_down():
                one.send(datagram)
            await until(lambda: first.closed)

            two.send_rtp(111, b"\xf8on", timestamp=960)
            await until(lambda: len(second.frames) == 2)

            assert not second.closed
            assert ingest.metric("levelchat_ingest_publishers") == 1


async def step_up(ingest: Ingest, raw: RawPeer, identity: str) -> str:
    """A publisher of the stage whose sound arrives: its session."""
    before = set(ingest.stage.there)
    response = await post(ingest, offer=raw.offer(), identity=identity, to="stage")
    assert response.status == 201
    await raw.connect(await response.text())
    raw.send_rtp(111, b"\xf8sound")
    (session,) = await until(lambda: set(ingest.stage.there) - before)
    return str(session)


async def test_a_stage_has_many_and_each_once() -> None:
    """Whoever comes back replaces themselves and nobody else, nor the programme."""
    async with whip.running() as ingest:
        with contextlib.ExitStack() as stack:
            anna, ben, again, camera = (
                stack.enter_context(contextlib.closing(RawPeer())) for _ in range(4)
            )
            programme = await live(ingest, camera)
            first = await step_up(ingest, anna, "anna")
            second = await step_up(ingest, ben, "ben")
            assert len(ingest.stage.there) == 3

            third = await step_up(ingest, again, "anna")

            await until(lambda: first not in ingest.stage.there)
            assert {second, third} < set(ingest.stage.there)
            assert not programme.closed
            assert ingest.metric("levelchat_ingest_publishers") == 3


async def test_a_stage_takes_only_so_many() -> None:
    """503 with Retry-After; elsewhere, as the programme, and for who is there, there is room."""
    async with whip.running(max_stage_publishers=1) as ingest:
        assert (await post(ingest, identity="anna", to="stage")).status == 201

        full = await post(ingest, identity="ben", to="stage")

        assert (full.status, (await full.json())["code"]) == (503, "stage_full")
        assert int(full.headers["Retry-After"]) > 0
        for options in (
            {"identity": "anna", "to": "stage"},
            {"identity": "ben"},
            {"identity": "ben", "to": "stage", "room": "r_other"},
        ):
            assert (await post(ingest, **options)).status == 201


async def test_a_target_must_be_there() -> None:
    """400 for one that nobody knows, 503 for one that this server has not."""
    async with whip.running() as ingest:
        assert (await post(ingest, to="kitchen")).status == 400
    for missing, to in (("stage", "stage"), ("frames", "programme")):
        async with whip.running(without=missing) as ingest:
            refused = await post(ingest, to=to)
            code = (await refused.json())["code"]
            assert (refused.status, code) == (503, f"{to}_unavailable")


class _Watched(whip.Stage):
    """Keeps what it was told in order, and what the core still had of those who left."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []
        self.forwarder: Forwarder | None = None
        self.left_with: list[int] = []

    def publish(self, publication: Publication) -> None:
        self.told.append(("publish", publication.session))
        super().publish(publication)

    def unpublish(self, room: str, session: str) -> None:
        assert self.forwarder is not None
        (track, *_) = self.there[session].tracks
        self.left_with.append(self.forwarder.source_stats(track.layers[0].source).packets)
        self.told.append(("unpublish", session))
        super().unpublish(room, session)


async def test_a_newcomer_is_there_before_the_former_leaves() -> None:
    """So that viewers go from one to the other; sources are open until the stage let go."""
    stage = _Watched()
    async with whip.running(stage=stage) as ingest:
        stage.forwarder = ingest.endpoint.forwarder
        with contextlib.closing(RawPeer()) as old, contextlib.closing(RawPeer()) as new:
            first = await step_up(ingest, old, "anna")
            second = await step_up(ingest, new, "anna")
            await until(lambda: len(stage.told) == 3)
            await ingest.plane.drain()

    assert stage.told == [
        ("publish", first),
        ("publish", second),
        ("unpublish", first),
        ("unpublish", second),
    ]
    assert all(stage.left_with)


async def test_whoever_publishes_goes_by_their_name() -> None:
    """That of the token; their identity where it says none."""
    async with whip.running() as ingest:
        for claims, name in (({"name": "Anna"}, "Anna"), ({"identity": "ben"}, "ben")):
            with contextlib.closing(RawPeer()) as raw:
                headers = {
                    "Authorization": f"Bearer {ingest.token(**claims)}",
                    "Content-Type": "application/sdp",
                }
                url = f"{ingest.url()}?to=stage"
                async with ingest.http.post(url, data=raw.offer(), headers=headers) as response:
                    await raw.connect(await response.text())
                raw.send_rtp(111, b"\xf8sound")
                await until(
                    lambda name=name: name in {each.name for each in ingest.stage.there.values()}
                )


async def test_a_packager_that_fails_costs_no_place() -> None:
    """Its publisher is let go, and the next one of the room is taken."""
    async with whip.running(max_publishers=1) as ingest:
        with contextlib.closing(RawPeer()) as old, contextlib.closing(RawPeer()) as new:
            session = await go_live(ingest, old)
            # From now on it cannot be closed.
            ingest.sink.streams[0].closed = "defect"
            async with ingest.http.delete(session, headers=ingest.headers()) as response:
                assert response.status == 200
            assert ingest.metric("levelchat_ingest_sessions") == 0
            await go_live(ingest, new)
            assert len(ingest.sink.streams) == 2


async def go_live(ingest: Ingest, raw: RawPeer) -> str:
    """*raw* publishes sound into the room's programme; its session's URL."""
    async with ingest.http.post(
        ingest.url(), data=raw.offer(), headers=ingest.headers()
    ) as response:
        await raw.connect(await response.text())
        session = ingest.base + response.headers["Location"]
    streams = len(ingest.sink.streams)
    raw.send_rtp(111, b"\xf8sound")
    await until(lambda: len(ingest.sink.streams) > streams)
    return session
