"""Laws of edge.audience: viewers of HLS are participants, and none of them waits for it."""

import asyncio

import pytest
from edge_harness import ROOM, Harness
from roomsdesk import Desk, _Full, bearer

from edge import viewers
from levelchat.bus.messages import RoomClosed, TokenRevoked
from levelchat.media.time import NANOSECOND

VIDEO = f"/live/{ROOM}/v720.m3u8"
MEDIA = f"/live/{ROOM}/s1/v720/init.mp4"


async def _watch(desk: Desk, minted: str, path: str = VIDEO) -> int:
    answer = await desk.edge.client.get(path, headers=bearer(minted))
    await answer.read()
    return answer.status


async def test_the_first_request_is_not_held_up(edge: Harness, desk: Desk) -> None:
    """A playlist comes while rooms still thinks about who asked for it."""
    edge.broadcast()
    desk.open.clear()

    assert await _watch(desk, desk.mint()) == 200

    desk.open.set()
    await desk.until_joined()
    assert [(join.identity, join.transport) for join in desk.joins] == [("eve", "hls")]


async def test_a_viewer_joins_once(edge: Harness, desk: Desk) -> None:
    """However much it fetches, playlists and media, it is one session."""
    edge.broadcast()
    minted = desk.mint()
    for path in (VIDEO, MEDIA, VIDEO):
        assert await _watch(desk, minted, path) == 200
    await desk.until_joined()
    await _watch(desk, minted)

    assert len(desk.joins) == 1
    assert edge.context.metrics.get_sample_value("levelchat_edge_viewers") == 1


async def test_a_refusal_counts_from_the_next_request(edge: Harness, desk: Desk) -> None:
    """What rooms says is what the viewer is told, until it may be asked again."""
    edge.broadcast()
    desk.refusal = _Full("it takes 1 participant")
    minted = desk.mint()
    await _watch(desk, minted)
    await desk.until_joined()
    await desk.settle()
    answer = await edge.client.get(VIDEO, headers=bearer(minted))
    problem = await answer.json(content_type=None)

    assert (answer.status, problem["code"]) == (409, "room_full")
    desk.refusal = None
    edge.clock.ns += viewers.REFUSED_NS
    assert await _watch(desk, minted) == 200
    await desk.until_joined(2)


async def test_who_is_quiet_left_when_last_seen(edge: Harness, desk: Desk) -> None:
    """The time of leaving is that of the last request, however late it is noticed."""
    edge.broadcast()
    await _watch(desk, desk.mint())
    await desk.until_joined()
    await desk.settle()
    seen_ms = edge.clock.ns // 1_000_000
    edge.clock.ns += 27 * NANOSECOND
    await desk.until_left()

    assert [left.at for left in desk.left] == [seen_ms]
    assert edge.context.metrics.get_sample_value("levelchat_edge_viewers") == 0


async def test_who_left_before_rooms_answered_is_not_there(edge: Harness, desk: Desk) -> None:
    """A join that is granted to somebody who went away meanwhile is given back."""
    edge.broadcast()
    desk.open.clear()
    await _watch(desk, desk.mint())
    await desk.until_joined()
    edge.clock.ns += viewers.IDLE_NS
    async with asyncio.timeout(5):
        while edge.context.metrics.get_sample_value("levelchat_edge_viewers"):
            await asyncio.sleep(0.005)
    desk.open.set()

    await desk.until_left()


async def test_a_kicked_viewer_gets_nothing_more(edge: Harness, desk: Desk) -> None:
    """Its next request is refused, of a playlist or of media; others go on."""
    edge.broadcast()
    eve, ada = desk.mint("eve"), desk.mint("ada")
    for minted in (eve, ada):
        assert await _watch(desk, minted) == 200
    await desk.until_joined(2)
    await desk.settle()
    until = edge.clock.ns // 1_000_000 + 3_600_000
    await desk.say(TokenRevoked(ROOM, "eve", ("t_eve",), "kicked", until))

    assert await _watch(desk, eve) == await _watch(desk, eve, MEDIA) == 401
    assert await _watch(desk, ada) == 200
    await desk.until_left()
    assert [left.reason for left in desk.left] == ["kicked"]


async def test_who_was_there_sees_the_end(edge: Harness, desk: Desk) -> None:
    """After a room's end its viewers still get the playlist that says so; nobody else does."""
    edge.broadcast()
    eve = desk.mint("eve")
    await _watch(desk, eve)
    await desk.until_joined()
    await desk.settle()
    at = edge.clock.ns // 1_000_000
    await desk.say(RoomClosed(ROOM, "host_ended", at, at + 3_600_000))
    answer = await edge.client.get(VIDEO, headers=bearer(eve))

    assert (await answer.text()).endswith("#EXT-X-ENDLIST\n")
    assert await _watch(desk, desk.mint("ada")) == 409
    assert len(desk.joins) == 1
    edge.origin.broadcasts.clear()
    assert await _watch(desk, eve) == 409, "so that players ask no more"


async def test_a_crowd_takes_no_task_each(edge: Harness, desk: Desk) -> None:
    """A thousand viewers are entries of a table; asking for them ends, and tasks are as before."""
    edge.broadcast()
    before = len(asyncio.all_tasks())
    for number in range(1000):
        assert await _watch(desk, desk.mint(f"v{number}")) == 200
    await desk.until_joined(1000)
    await desk.settle()
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > before + 2:
            await asyncio.sleep(0.01)

    assert edge.context.metrics.get_sample_value("levelchat_edge_viewers") == 1000


async def test_a_drain_says_goodbye_for_all(edge: Harness, desk: Desk) -> None:
    """An edge that stops leaves nobody behind in rooms."""
    edge.broadcast()
    await _watch(desk, desk.mint())
    await desk.until_joined()
    await desk.settle()
    await edge.plane.drain()
    await desk.until_left()


class TestFullEdge:
    """An edge that takes one viewer."""

    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"max_viewers": 1}

    async def test_one_viewer_too_many_is_a_503(self, edge: Harness, desk: Desk) -> None:
        """It is told that the edge is full; the one who is there is not disturbed."""
        edge.broadcast()
        eve = desk.mint("eve")

        assert await _watch(desk, eve) == 200
        assert await _watch(desk, desk.mint("ada")) == 503
        assert await _watch(desk, eve) == 200
