"""Laws of edge.routes: what a viewer gets over HTTP."""

import asyncio
from typing import Any

import pytest
import synthetic
from edge_harness import ROOM, Harness

from levelchat.auth import token
from levelchat.auth.capability import Capability
from levelchat.media.time import NANOSECOND

MASTER = f"/live/{ROOM}/index.m3u8"
VIDEO = f"/live/{ROOM}/v720.m3u8"


async def _waiting(edge: Harness, count: int) -> None:
    async with asyncio.timeout(10):
        while edge.origin.broadcasts[ROOM].waiters.count < count:
            await asyncio.sleep(0.005)


async def _text(edge: Harness, path: str, **headers: str) -> str:
    answer = await edge.client.get(path, headers=headers)
    assert answer.status == 200
    return await answer.text()


def _last(playlist: str) -> tuple[int, int]:
    """Segment and part of the last EXT-X-PART."""
    line = [x for x in playlist.splitlines() if x.startswith("#EXT-X-PART:")][-1]
    msn, part = line.partition("v720/")[2].split(".")[:2]
    return int(msn), int(part)


async def test_the_ladder_is_listed_default_first(edge: Harness) -> None:
    """A10: a variant of about 2 Mbit/s stands first, with sound in a group."""
    edge.broadcast()
    text = await _text(edge, MASTER)

    assert [line for line in text.splitlines() if line.endswith(".m3u8")] == [
        "v240.m3u8",
        "v720.m3u8",
    ]
    assert 'URI="a128.m3u8"' in text


async def test_a_blocked_playlist_comes_with_its_part(edge: Harness) -> None:
    """A5.2: the answer is held until the part is listed, and then has it."""
    later = edge.broadcast()
    msn, part = _last(await _text(edge, VIDEO))
    request = asyncio.create_task(
        _text(edge, f"{VIDEO}?_HLS_msn={msn + 1}&_HLS_part=0")
        if part == 3
        else _text(edge, f"{VIDEO}?_HLS_msn={msn}&_HLS_part={part + 1}")
    )
    await _waiting(edge, 1)
    edge.origin.part(ROOM, later[0])

    assert _last(await request) > (msn, part)


async def test_all_viewers_share_one_rendering(edge: Harness) -> None:
    """All who wait for the same part get the same bytes, rendered once."""
    later = edge.broadcast()
    broadcast = edge.origin.broadcasts[ROOM]
    position = broadcast.windows["v720"].position
    url = f"{VIDEO}?_HLS_msn={position.msn}&_HLS_part={position.part + 1}"
    waiting = [asyncio.create_task(_text(edge, url)) for _ in range(90)]
    await _waiting(edge, 90)
    for part in later[:3]:
        edge.origin.part(ROOM, part)
    texts = await asyncio.gather(*waiting)

    assert len(set(texts)) == 1
    assert broadcast.playlist("v720") is broadcast.playlist("v720")


@pytest.mark.parametrize(
    "query", ["_HLS_part=1", "_HLS_msn=x", "_HLS_msn=99999999999", "_HLS_msn=-1&_HLS_part=0"]
)
async def test_a_bad_directive_is_a_cheap_400(edge: Harness, query: str) -> None:
    """A5.5, A5.6, A5.12: what cannot be met is refused at once, with a sentence."""
    edge.broadcast()
    answer = await edge.client.get(f"{VIDEO}?{query}")
    body = await answer.json(content_type="application/problem+json")

    assert (answer.status, body["code"]) == (400, "bad_directive")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_hinted_part_is_held_until_it_is_whole(edge: Harness) -> None:
    """A7.2, A7.3: the hinted URI can be asked for before its part is there."""
    later = edge.broadcast()
    text = await _text(edge, VIDEO)
    hint = text.partition('PRELOAD-HINT:TYPE=PART,URI="')[2].partition('"')[0]
    request = asyncio.create_task(_text(edge, f"/live/{ROOM}/{hint}"))
    await _waiting(edge, 1)
    edge.origin.part(ROOM, later[0])

    assert (await request).encode() == later[0].data


async def test_a_segment_is_its_parts(edge: Harness) -> None:
    """A3.4: a segment's bytes are those of its parts, one after the other."""
    edge.broadcast()
    lines = (await _text(edge, VIDEO)).splitlines()
    segment = [line for line in lines if line.endswith(".m4s")][-1]
    stem = segment.removesuffix(".m4s")
    parts = [x.split('URI="')[1].split('"')[0] for x in lines if f'URI="{stem}.' in x]
    bodies = [await _text(edge, f"/live/{ROOM}/{part}") for part in parts]

    assert await _text(edge, f"/live/{ROOM}/{segment}") == "".join(bodies)


async def test_a_playlist_is_gzipped_for_who_takes_it(edge: Harness) -> None:
    """A1.9: gzip where it is accepted, with Vary, and the same text."""
    edge.broadcast()
    plain = await edge.client.get(VIDEO, headers={"Accept-Encoding": "identity"})
    packed = await edge.client.get(VIDEO, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding" == plain.headers["Vary"]
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert await packed.text() == await plain.text()


async def test_who_refuses_gzip_gets_none(edge: Harness) -> None:
    """RFC 9110 §12.5.3: a weight of 0 means not acceptable."""
    edge.broadcast()
    answer = await edge.client.get(VIDEO, headers={"Accept-Encoding": "gzip;q=0, identity"})

    assert "Content-Encoding" not in answer.headers


async def test_a_head_is_the_answer_without_its_body(edge: Harness) -> None:
    """HEAD has the headers of GET, the length too."""
    edge.broadcast()
    head = await edge.client.head(VIDEO, headers={"Accept-Encoding": "identity"})
    text = await _text(edge, VIDEO)

    assert (head.status, int(head.headers["Content-Length"])) == (200, len(text))


async def test_media_can_be_had_in_ranges(edge: Harness) -> None:
    """RFC 9110 §14: one range of a header, segment or part is a 206, beyond the end a 416."""
    edge.broadcast()
    path = f"/live/{ROOM}/s1/v720/init.mp4"
    size = len(synthetic.VIDEO.init)
    whole = await edge.client.get(path)
    some = await edge.client.get(path, headers={"Range": "bytes=1-2"})
    beyond = await edge.client.get(path, headers={"Range": f"bytes={size}-"})

    assert whole.headers["Accept-Ranges"] == "bytes"
    assert (some.status, await some.read()) == (206, synthetic.VIDEO.init[1:3])
    assert some.headers["Content-Range"] == f"bytes 1-2/{size}"
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", VIDEO, {}),
        ("HEAD", f"/live/{ROOM}/s1/v720/init.mp4", {}),
        ("GET", f"/live/{ROOM}/s1/v720/init.mp4", {"If-Range": '"another"'}),
    ],
)
async def test_a_range_may_be_of_no_use(
    edge: Harness, method: str, path: str, more: dict[str, str]
) -> None:
    """A playlist, a HEAD, or a range of a body that we do not know: the whole."""
    edge.broadcast()
    headers = {"Range": "bytes=1-2"} | more
    answer = await edge.client.request(method, path, headers=headers)

    assert answer.status == 200
    assert "Content-Range" not in answer.headers


async def test_a_viewer_who_leaves_leaves_nothing(edge: Harness) -> None:
    """A connection that closes while its request is held takes its place in the queue with it."""
    edge.broadcast()
    hint = edge.origin.broadcasts[ROOM].windows["v720"].next_part
    gone = asyncio.create_task(_text(edge, f"/live/{ROOM}/{hint}"))
    await _waiting(edge, 1)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    async with asyncio.timeout(5):
        while edge.origin.broadcasts[ROOM].waiters.count:
            await asyncio.sleep(0.005)

    assert edge.context.metrics.get_sample_value("levelchat_edge_waiting") == 0


@pytest.mark.parametrize(
    ("path", "kind", "cache", "priority"),
    [
        (MASTER, "application/vnd.apple.mpegurl", "public, max-age=1", "u=1"),
        (VIDEO, "application/vnd.apple.mpegurl", "public, max-age=1", "u=1"),
        (f"{VIDEO}?_HLS_msn=1", "application/vnd.apple.mpegurl", "public, max-age=12", "u=1"),
        (f"/live/{ROOM}/s1/v720/init.mp4", "video/mp4", "public, max-age=3600, immutable", "u=3"),
        (f"/live/{ROOM}/s1/a128/init.mp4", "audio/mp4", "public, max-age=3600, immutable", "u=3"),
    ],
)
async def test_each_answer_says_what_it_is(
    edge: Harness, path: str, kind: str, cache: str, priority: str
) -> None:
    """A1.2, A11: content type, lifetime, priority and CORS of each kind of answer."""
    edge.broadcast()
    answer = await edge.client.get(path)

    assert answer.status == 200
    assert answer.content_type == kind
    assert answer.headers["Cache-Control"] == cache
    assert answer.headers["Priority"] == priority
    assert "Age" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "path",
    [
        "/live/r_nobody/index.m3u8",
        f"/live/{ROOM}/v9000.m3u8",
        f"/live/{ROOM}/s1/v720/1.m4s",
        f"/live/{ROOM}/s9/v720/init.mp4",
        "/live/not-a-room/index.m3u8",
    ],
)
async def test_what_is_not_there_is_404(edge: Harness, path: str) -> None:
    """A7.4: an unknown room, rendition, segment or session is a problem document."""
    edge.broadcast()
    answer = await edge.client.get(path)

    assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_asking_for_nothing_leaves_nothing(edge: Harness) -> None:
    """However often a room without a broadcast is asked for, it takes no memory."""
    for number in range(30):
        await edge.client.get(f"/live/r_none{number}/index.m3u8")

    assert edge.origin.broadcasts == {}


async def test_players_are_held_until_they_can_begin(edge: Harness) -> None:
    """The first playlist is held until every rendition has a whole segment."""
    later = edge.broadcast(seconds=0.5, start_ns=1_800_000_000 * NANOSECOND + 500_000_000)
    request = asyncio.create_task(_text(edge, MASTER))
    await _waiting(edge, 1)
    for part in later[:9]:
        await asyncio.sleep(0)
        edge.origin.part(ROOM, part)

    assert "a128.m3u8" in await request


async def test_a_preflight_is_answered(edge: Harness) -> None:
    """A cross-origin player may ask before it sends a token."""
    answer = await edge.client.options(VIDEO)

    assert answer.status == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


async def test_an_ended_broadcast_says_so(edge: Harness) -> None:
    """A2.12, A5.10: after the end every request is answered, with EXT-X-ENDLIST and no hint."""
    edge.broadcast()
    edge.origin.end(ROOM)
    text = await _text(edge, f"{VIDEO}?_HLS_msn=99999999999&_HLS_part=3")

    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "PRELOAD-HINT" not in text


class TestPrivateRooms:
    """A room that the settings call private."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"private_rooms": [ROOM]}

    @pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
    @pytest.mark.parametrize(
        ("capability", "status"), [(Capability.SUBSCRIBE_ALL, 200), (Capability.CHAT_SEND, 403)]
    )
    async def test_a_private_room_asks_for_a_token(
        self, edge: Harness, capability: Capability, status: int
    ) -> None:
        """Its playlists need `subscribe:all`; without a token the answer is 401."""
        edge.broadcast()
        now = edge.clock.wall_ns() // NANOSECOND
        minted = token.mint(
            edge.context.keys, room=ROOM, identity="v", capabilities=[capability], now=now
        )
        answer = await edge.client.get(VIDEO, headers={"Authorization": f"Bearer {minted}"})

        assert answer.status == status
        assert (await edge.client.get(MASTER)).status == 401
        if status == 200:
            assert answer.headers["Cache-Control"] == "private, max-age=1"
