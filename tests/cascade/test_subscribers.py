"""Laws of all subscribers of a node."""

import offers
import whepkit
from whepkit import until, viewers

from cascade.app import CascadePlane
from cascade.relay.records import NodeRecord, encode, node_key
from cascade.subscribers import MAX_CONNECTING, MAX_SEATS, MAX_STREAMS
from levelchat.bus.messages import RoomClosed
from levelchat.bus.seams import CONTROL
from levelchat.rtc.forward.seams import MAX_SSRCS


async def test_there_are_only_so_many() -> None:
    """503, and what to do; whoever leaves makes room."""
    async with whepkit.running(max_subscribers=1) as whep:
        first = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
        assert first.status == 201

        full = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
        assert (full.status, (await full.json())["code"]) == (503, "subscribers_full")
        assert full.headers["Retry-After"]
        assert "Link" not in full.headers

        await whep.ask("DELETE", first.headers["Location"])
        again = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
        assert again.status == 201


async def test_nothing_is_left_of_an_offer_that_fails() -> None:
    """Neither a room nor a place."""
    async with whepkit.running(max_subscribers=1) as whep:
        for _ in range(3):
            assert (await whep.ask("POST", whep.url(), offers.CHROMIUM)).status == 422

        assert (await whep.ask("POST", whep.url(), offers.RECEIVING["aiortc"])).status == 201


async def test_a_node_that_stops_takes_nobody() -> None:
    """And ends those who are there."""
    async with whepkit.running() as whep:
        whep.publish().picture(key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            assert isinstance(whep.plane, CascadePlane)

            await whep.plane.drain()

            assert whep.metric("levelchat_cascade_subscribers") == 0
            refused = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
            assert (refused.status, (await refused.json())["code"]) == (503, "cascade_draining")


async def test_who_never_connects_is_forgotten() -> None:
    """After the time that a handshake may take."""
    async with whepkit.running() as whep:
        await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
        assert whep.metric("levelchat_cascade_subscribers") == 1

        whep.clock.skip(16)

        await until(lambda: whep.metric("levelchat_cascade_subscribers") == 0)
        assert whep.metric("levelchat_cascade_sessions_ended_total") == 1


async def test_another_node_is_named_where_there_is_one() -> None:
    """By Link and in the problem, to who comes too late and to who comes while it stops."""
    async with whepkit.running(max_subscribers=1) as whep:
        other = NodeRecord(node="other", url="https://other.example")
        whep.context.directory.put(node_key("other"), encode(other))
        assert (await whep.ask("POST", whep.url())).status == 201

        full = await whep.ask("POST", whep.url())
        await whep.plane.drain()
        stopping = await whep.ask("POST", whep.url())

        for refused, code in ((full, "subscribers_full"), (stopping, "cascade_draining")):
            problem = await refused.json()
            assert (refused.status, problem["code"]) == (503, code)
            assert refused.headers["Link"] == '<https://other.example>; rel="alternate"'
            assert problem["alternate"] == "https://other.example"
            assert refused.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_room_that_nobody_watches_has_no_work() -> None:
    """It is watched from the first offer to the end of the last session."""
    async with whepkit.running() as whep:
        whep.publish()
        assert whep.stage.watchers(whepkit.ROOM) == 0
        made = [await whep.ask("POST", whep.url()) for _ in range(2)]
        assert whep.stage.watchers(whepkit.ROOM) == 1

        await whep.ask("DELETE", made[0].headers["Location"])
        assert whep.stage.watchers(whepkit.ROOM) == 1
        await whep.ask("DELETE", made[1].headers["Location"])

        assert whep.stage.watchers(whepkit.ROOM) == 0


async def test_whom_rooms_ends_is_ended() -> None:
    """As when the room is closed."""
    async with whepkit.running() as whep:
        await whep.ask("POST", whep.url())

        whep.context.bus.publish(CONTROL, RoomClosed(whepkit.ROOM, "closed", 0, 1))

        await until(lambda: whep.metric("levelchat_cascade_subscribers") == 0)


async def test_more_slots_than_streams_are_rejected() -> None:
    """In the answer, so that nobody waits for what the forwarding core would drop."""
    async with whepkit.running() as whep:
        with viewers(1) as (viewer,):
            response = await whep.ask("POST", whep.url(), viewer.wanting(20))

        answer = await response.text()
        assert response.status == 201
        assert answer.count("m=video 9") == answer.count("m=audio 9") == MAX_SEATS
        assert answer.count("m=video 0") == answer.count("m=audio 0") == 20 - MAX_SEATS
        ssrcs = {line.split()[0] for line in answer.splitlines() if line.startswith("a=ssrc:")}
        assert len(ssrcs) == MAX_STREAMS < MAX_SSRCS


async def test_an_offer_of_ours_has_a_seat_for_each_who_can_be_seen() -> None:
    """One at least, none for oneself, and only so many."""
    async with whepkit.running() as whep:
        for identity in ("viewer", "anna", "ben"):
            whep.publish(identity)

        async def offered(participant: str = "") -> int:
            response = await whep.ask("POST", whep.url(participant))
            return (await response.text()).count("m=video")

        assert await offered() == 2
        assert await offered("anna") == await offered("nobody") == 1
        for number in range(2 * MAX_SEATS):
            whep.publish(f"guest-{number}")
        assert await offered() == MAX_SEATS


async def test_one_identity_takes_only_so_many_places() -> None:
    """Its oldest offer that nobody came for makes room; neither others nor who is connected do."""
    async with whepkit.running(max_subscribers=3 * MAX_CONNECTING) as whep:
        other = await whep.ask("POST", whep.url(), identity="other")
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            made = [await whep.ask("POST", whep.url()) for _ in range(3 * MAX_CONNECTING)]

            assert {each.status for each in made} == {201}
            assert whep.metric("levelchat_cascade_subscribers") == MAX_CONNECTING + 2
            for kept in (other.headers["Location"], viewer.location, made[-1].headers["Location"]):
                assert (await whep.ask("GET", kept)).status == 204
            assert (await whep.ask("GET", made[0].headers["Location"])).status == 404
            for each in made[-MAX_CONNECTING:]:
                await whep.ask("DELETE", each.headers["Location"])
            assert (await whep.ask("DELETE", viewer.location)).status == 200
            assert whep.metric("levelchat_cascade_subscribers") == 1
