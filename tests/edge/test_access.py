"""Laws of edge.access: whom a managed room's playlists and media are given to."""

from typing import Any

import pytest
from edge_harness import ROOM, Harness
from roomsdesk import Desk, bearer

from levelchat.auth.capability import Capability
from levelchat.media.time import NANOSECOND

MASTER = f"/live/{ROOM}/index.m3u8"
VIDEO = f"/live/{ROOM}/v720.m3u8"
MEDIA = f"/live/{ROOM}/s1/v720/init.mp4"
ALL = (MASTER, VIDEO, MEDIA)


@pytest.mark.parametrize("path", ALL)
async def test_whatever_a_managed_room_has_needs_a_token(
    edge: Harness, desk: Desk, path: str
) -> None:
    """Playlists and media alike: without one 401, with one the body, by header or by cookie."""
    edge.broadcast()
    by_header, by_cookie = bearer(desk.mint()), {"Cookie": f"lc_live={desk.mint()}"}

    assert (await edge.client.get(path)).status == 401
    assert (await edge.client.get(path, headers=by_header)).status == 200
    assert (await edge.client.get(path, headers=by_cookie)).status == 200


async def test_a_refusal_says_what_is_missing(edge: Harness, desk: Desk) -> None:
    """No token, a bad one, another room's, none to watch with: each with its own code."""
    edge.broadcast()
    other = desk.mint(room="r_other")
    mute = desk.mint(capability=Capability.CHAT_SEND)
    tokens = {"": 401, "x.y.z": 401, other: 403, mute: 403}
    for minted, status in tokens.items():
        answer = await edge.client.get(VIDEO, headers=bearer(minted) if minted else {})
        assert answer.status == status
        assert answer.headers["Cache-Control"] == "no-store"
    refused = edge.context.metrics.get_sample_value
    codes = ("token_missing", "token_invalid", "capability_missing")

    assert [refused("levelchat_edge_refused_viewers_total", {"code": code}) for code in codes] == [
        1,
        1,
        2,
    ]


async def test_a_token_ends_in_time(edge: Harness, desk: Desk) -> None:
    """A viewer is refused when its token has expired, though it watched until then."""
    edge.broadcast()
    headers = bearer(desk.mint(ttl=60))
    assert (await edge.client.get(VIDEO, headers=headers)).status == 200
    edge.clock.ns += 91 * NANOSECOND

    assert (await edge.client.get(VIDEO, headers=headers)).status == 401


async def test_a_public_room_asks_nobody(edge: Harness, desk: Desk) -> None:
    """A room that rooms does not manage is open, may be cached by all, and counts no viewers."""
    edge.broadcast()
    other = "r_open"
    edge.origin.broadcasts[other] = edge.origin.broadcasts[ROOM]
    answer = await edge.client.get(f"/live/{other}/v720.m3u8", headers=bearer("nonsense"))

    assert answer.status == 200
    assert answer.headers["Cache-Control"].startswith("public")
    assert desk.joins == []


class TestBehindAProxy:
    """A cache in front that asks for each viewer by itself."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"proxy_secret": "s3cret"}

    async def test_a_trusted_proxy_fetches_for_many(self, edge: Harness, desk: Desk) -> None:
        """It needs no viewer's token, and is told apart how long it may keep what it gets; what it
        hands on is still the viewer's own.
        """
        edge.broadcast()
        for path in ALL:
            answer = await edge.client.get(path, headers={"X-LC-Edge-Secret": "s3cret"})
            assert answer.status == 200
            seconds = answer.headers["X-Accel-Expires"]
            assert answer.headers["Cache-Control"].startswith(f"private, max-age={seconds}")
        assert desk.joins == []

    @pytest.mark.parametrize("secret", ["", "wrong", "s3cret2", "\u00e9"])
    async def test_anybody_else_is_a_viewer(self, edge: Harness, desk: Desk, secret: str) -> None:
        """A wrong secret is as good as none."""
        edge.broadcast()
        headers = {"X-LC-Edge-Secret": secret} | bearer(desk.mint())
        answer = await edge.client.get(VIDEO, headers=headers)

        assert "X-Accel-Expires" not in answer.headers
        assert (await edge.client.get(VIDEO, headers={"X-LC-Edge-Secret": secret})).status == 401


async def test_without_a_secret_no_proxy_is_trusted(edge: Harness, desk: Desk) -> None:
    """An empty header does not equal the empty setting."""
    edge.broadcast()

    assert (await edge.client.get(VIDEO, headers={"X-LC-Edge-Secret": ""})).status == 401


class TestAllPrivate:
    """An edge where nothing is public."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"private": True}

    async def test_every_room_needs_a_token(self, edge: Harness, desk: Desk) -> None:
        """Also one that rooms knows nothing of, and one that does not exist."""
        for room in ("r_unknown", "r_nobody"):
            assert (await edge.client.get(f"/live/{room}/index.m3u8")).status == 401
        headers = bearer(desk.mint(room="r_unknown"))

        assert (await edge.client.get("/live/r_unknown/index.m3u8", headers=headers)).status == 404
