"""Laws of rooms.api.logins."""

from typing import Any

import apikit
import pytest
from apikit import ApiKit

from levelchat.auth.keys import TokenKeys
from rooms.model import DAY
from rooms.settings import RoomsSettings
from rooms.store.store import Store

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

BODY = {"email": "ada@ours.example", "password": apikit.PASSWORD}


async def log_in(api: ApiKit) -> Any:
    """The cookie, with its attributes."""
    answer = await api.call("POST", "/v1/auth/login", BODY, key=None)
    assert answer.status == 200
    return answer.cookies["lc_session"]


async def test_a_login_lasts_until_logout(api: ApiKit) -> None:
    """The cookie says who it is, and after the logout nothing."""
    cookie = (await log_in(api)).value
    by = {"key": None, "Cookie": f"lc_session={cookie}", "Sec_Fetch_Site": "same-origin"}

    me = await api.json("GET", "/v1/auth/me", **by)
    assert (me["email"], me["project"]) == ("ada@ours.example", api.kit.who.project_id)
    answer = await api.call("POST", "/v1/auth/logout", **by)
    assert (answer.status, answer.cookies["lc_session"]["max-age"]) == (204, "0")
    assert (await api.problem("GET", "/v1/auth/me", **by))["status"] == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(api: ApiKit) -> None:
    """HttpOnly and SameSite=Lax, for the whole host."""
    cookie = await log_in(api)

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["secure"]


@pytest.mark.parametrize(
    "settings",
    [RoomsSettings(cookie_secure=True), RoomsSettings(public_url="https://live.example")],
)
async def test_behind_tls_it_is_sent_over_tls_only(
    store: Store, token_keys: TokenKeys, settings: RoomsSettings
) -> None:
    """By the setting, and where the public URL says so."""
    async with apikit.running(store, token_keys, settings) as api:
        assert (await log_in(api))["secure"]


async def test_a_wrong_login_tells_nothing(api: ApiKit) -> None:
    """The same answer for an unknown address and a wrong password."""
    told = []
    for wrong in ({"password": "x"}, {"email": "no@body.example"}):
        found = await api.problem("POST", "/v1/auth/login", BODY | wrong, key=None)
        assert (found["status"], found["code"]) == (401, "login_failed")
        told.append(found["detail"])
    assert told[0] == told[1]


async def test_another_sites_page_logs_nobody_in(api: ApiKit) -> None:
    """Nor may it choose whose workspace somebody works in."""
    found = await api.problem(
        "POST", "/v1/auth/login", BODY, key=None, Sec_Fetch_Site="cross-site"
    )

    assert found["code"] == "cross_site_refused"


async def test_an_api_key_is_no_login(api: ApiKit) -> None:
    """`/v1/auth/me` is for people."""
    assert (await api.problem("GET", "/v1/auth/me"))["code"] == "key_missing"


async def test_a_login_sees_its_own_workspace(api: ApiKit) -> None:
    """Its organisation's rooms, those that were made by API key too, and nobody else's."""
    mine = await api.kit.create()
    await api.other.create()
    by = {"key": None, "Cookie": f"lc_session={await api.log_in()}"}

    listed = await api.json("GET", "/v1/rooms", **by)
    assert [room["id"] for room in listed["items"]] == [mine.id]


async def test_a_login_is_over_in_time(api: ApiKit) -> None:
    """The cookie of yesterday is worth nothing, and what is no cookie of ours neither."""
    cookie = await api.log_in()
    api.kit.now += DAY
    for value in (cookie, "x", "\u00ff" * 43):
        found = await api.problem("GET", "/v1/auth/me", key=None, Cookie=f"lc_session={value}")
        assert (found["status"], found["code"]) == (401, "key_invalid")
