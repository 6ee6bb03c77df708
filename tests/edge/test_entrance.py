"""Laws of edge.entrance: the cookie, and the question that a cache asks."""

from typing import Any

import pytest
from edge_harness import ROOM, Harness
from roomsdesk import Desk, _Full, bearer

from levelchat.auth.capability import Capability
from levelchat.bus.messages import RoomClosed, RoomOpened

ACCESS = f"/live/{ROOM}/access"
VIDEO = f"/live/{ROOM}/v720.m3u8"
SECRET = {"X-LC-Edge-Secret": "s3cret"}


async def test_a_token_becomes_a_cookie(edge: Harness, desk: Desk) -> None:
    """POST hands it to the browser for this room's path alone, and for as long as it is good."""
    edge.broadcast()
    minted = desk.mint(ttl=600)
    answer = await edge.client.post(ACCESS, headers=bearer(minted))

    assert answer.status == 204
    expected = f"lc_live={minted}; Path=/live/{ROOM}/; Max-Age=600; HttpOnly; SameSite=Lax"
    assert answer.headers["Set-Cookie"] == expected
    assert (await edge.client.get(VIDEO)).status == 200


async def test_a_cookie_can_be_forgotten(edge: Harness, desk: Desk) -> None:
    """DELETE takes it back."""
    edge.broadcast()
    await edge.client.post(ACCESS, headers=bearer(desk.mint()))
    answer = await edge.client.delete(ACCESS)

    assert answer.status == 204
    assert (await edge.client.get(VIDEO)).status == 401


async def test_who_begins_to_watch_hears_at_once_that_it_cannot(edge: Harness, desk: Desk) -> None:
    """POST waits for rooms' answer: a full room, or one that ended, is told before the player
    starts.
    """
    desk.refusal = _Full("it takes 1 participant")
    answer = await edge.client.post(ACCESS, headers=bearer(desk.mint()))
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"]) == (409, "room_full")
    assert "Set-Cookie" not in answer.headers

    at = edge.clock.ns // 1_000_000
    await desk.say(RoomClosed(ROOM, "empty", at, at + 3_600_000))
    answer = await edge.client.post(ACCESS, headers=bearer(desk.mint("ada")))
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"]) == (409, "room_ended")


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer x"}, 401)])
async def test_no_cookie_without_a_good_token(
    edge: Harness, desk: Desk, headers: dict[str, str], status: int
) -> None:
    """A token that is missing or bad gets none, nor does a cookie make another."""
    minted = desk.mint()
    answer = await edge.client.post(ACCESS, headers=headers | {"Cookie": f"lc_live={minted}"})

    assert answer.status == status
    assert "Set-Cookie" not in answer.headers


async def test_a_token_that_fits_no_cookie_is_refused(edge: Harness, desk: Desk) -> None:
    """With what to do instead."""
    minted = desk.mint(meta={"long": "x" * 4000})
    answer = await edge.client.post(ACCESS, headers=bearer(minted))
    problem = await answer.json(content_type=None)

    assert (answer.status, problem["code"]) == (400, "token_too_long")


async def test_a_public_room_needs_no_cookie(edge: Harness, desk: Desk) -> None:
    """The question is answered with yes for everybody; a token may be traded all the same."""
    assert (await edge.client.get("/live/r_open/access")).status == 204
    headers = bearer(desk.mint(room="r_open"))

    assert (await edge.client.post("/live/r_open/access", headers=headers)).status == 204
    assert desk.joins == []


async def test_the_question_counts_the_viewer(edge: Harness, desk: Desk) -> None:
    """Behind a cache its answers are all that the edge sees of a viewer."""
    answer = await edge.client.get(ACCESS, headers=bearer(desk.mint()))

    assert answer.status == 204
    await desk.until_joined()


class TestBehindAProxy:
    """A cache in front asks."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"proxy_secret": "s3cret", "access_seconds": 7}

    async def test_a_yes_may_be_kept_for_a_while(self, edge: Harness, desk: Desk) -> None:
        """By the proxy alone, and no longer than the token is good."""
        headers = bearer(desk.mint()) | SECRET
        answer = await edge.client.get(ACCESS, headers=headers)
        assert (answer.status, answer.headers["X-Accel-Expires"]) == (204, "7")
        assert answer.headers["Cache-Control"] == "no-store"

        answer = await edge.client.get(ACCESS, headers=bearer(desk.mint()))
        assert "X-Accel-Expires" not in answer.headers

    async def test_a_no_is_401_or_403(self, edge: Harness, desk: Desk) -> None:
        """Nginx takes any other status for a fault of ours; the problem still names the code."""
        mute = desk.mint(capability=Capability.CHAT_SEND)
        for headers, status in (({}, 401), (bearer(mute), 403)):
            answer = await edge.client.get(ACCESS, headers=headers | SECRET)
            assert (answer.status, answer.headers["X-Accel-Expires"]) == (status, "1")
        at = edge.clock.ns // 1_000_000
        await desk.say(RoomClosed(ROOM, "empty", at, at + 3_600_000))
        answer = await edge.client.get(ACCESS, headers=bearer(desk.mint()) | SECRET)
        problem = await answer.json(content_type=None)

        assert (answer.status, problem["code"]) == (403, "room_ended")

    async def test_tls_in_front_makes_the_cookie_secure(self, edge: Harness, desk: Desk) -> None:
        """As the trusted proxy says; nobody else is believed."""
        headers = bearer(desk.mint()) | {"X-Forwarded-Proto": "https"}
        trusted = await edge.client.post(ACCESS, headers=headers | SECRET)
        other = await edge.client.post(ACCESS, headers=headers)

        assert trusted.headers["Set-Cookie"].endswith("; Secure")
        assert not other.headers["Set-Cookie"].endswith("; Secure")


class TestOtherOrigins:
    """A page of another origin that may send the cookie."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"cookie_origins": ["https://app.example"], "cookie_cross_site": True}

    async def test_it_is_named(self, edge: Harness, desk: Desk) -> None:
        """Its preflight allows POST, its answers may be read with credentials."""
        origin = {"Origin": "https://app.example"}
        preflight = await edge.client.options(ACCESS, headers=origin)
        answer = await edge.client.post(ACCESS, headers=bearer(desk.mint()) | origin)

        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        for response in (preflight, answer):
            assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
            assert response.headers["Access-Control-Allow-Credentials"] == "true"
        assert "SameSite=None; Secure" in answer.headers["Set-Cookie"]


async def test_a_room_that_comes_to_be_managed_is_closed_from_then_on(
    edge: Harness, desk: Desk
) -> None:
    """What was open is not, with the next question."""
    assert (await edge.client.get("/live/r_new/access")).status == 204
    await desk.say(RoomOpened("r_new"))

    assert (await edge.client.get("/live/r_new/access")).status == 401
