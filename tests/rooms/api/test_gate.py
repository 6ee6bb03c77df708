"""Laws of rooms.api.gate."""

import apikit
import pytest
from apikit import ApiKit

from levelchat.auth.keys import TokenKeys
from rooms import tenancy
from rooms.settings import RoomsSettings
from rooms.store.store import Store
from rooms.store.tables import metadata

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

LIST = ("GET", "/v1/rooms")


async def test_a_key_opens_its_own_project(api: ApiKit) -> None:
    """With a key the answer is 200, without one 401 with a challenge."""
    assert (await api.call(*LIST)).status == 200
    refused = await api.call(*LIST, key=None)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (
        401,
        'Bearer realm="levelchat"',
    )
    assert (await api.problem(*LIST, key=None))["code"] == "key_missing"


async def test_what_is_no_key_proves_nothing(api: ApiKit) -> None:
    """401 `key_invalid`, whatever it is that was presented."""
    for header in (
        "Bearer lc_pk_0123456789abcdef." + "x" * 43,
        "Bearer lc_pk_",
        "Bearer lc_pk_\u00e4",
        "Bearer nonsense",
        "Bearer",
        "Basic YTpi",
        "Bearer " + "x" * 8000,
    ):
        found = await api.problem(*LIST, key=None, Authorization=header)
        assert (found["status"], found["code"]) == (401, "key_invalid")
        answer = await api.call(*LIST, key=None, Authorization=header)
        assert "WWW-Authenticate" in answer.headers


async def test_a_good_key_costs_no_query(api: ApiKit) -> None:
    """The second call asks nobody whose key it is."""
    await api.call(*LIST)
    api.identities.of_key = None  # type: ignore[assignment, method-assign]

    assert (await api.call(*LIST)).status == 200


async def test_a_revoked_key_opens_nothing_from_then_on(api: ApiKit) -> None:
    """The bus makes every replica forget it at once."""
    await api.call(*LIST)
    async with api.kit.transactions.writing(None) as tx:
        await tenancy.revoke_key(tx, api.key.split(".")[0])

    assert (await api.problem(*LIST))["code"] == "key_invalid"


async def test_who_presents_wrong_keys_has_to_wait(store: Store, token_keys: TokenKeys) -> None:
    """429 with Retry-After; a key that is known to be good goes on from the same address."""
    settings = RoomsSettings(failed_keys_per_address=3)
    wrong = "lc_pk_0123456789abcdef." + "x" * 43
    async with apikit.running(store, token_keys, settings) as api:
        await api.call(*LIST)
        codes = [(await api.problem(*LIST, key=wrong))["code"] for _ in range(4)]
        refused = await api.call(*LIST, key=api.other_key)

        assert codes == ["key_invalid"] * 3 + ["too_many_requests"]
        assert (refused.status, 1 <= int(refused.headers["Retry-After"]) <= 20) == (429, True)
        assert (await api.call(*LIST)).status == 200


async def test_wrong_passwords_have_to_wait_too(store: Store, token_keys: TokenKeys) -> None:
    """They count as wrong keys do."""
    settings = RoomsSettings(failed_keys_per_address=3)
    body = {"email": "ada@ours.example", "password": "wrong"}
    async with apikit.running(store, token_keys, settings) as api:
        codes = [
            (await api.problem("POST", "/v1/auth/login", body, key=None))["code"] for _ in range(4)
        ]

        assert codes == ["login_failed"] * 3 + ["too_many_requests"]


@pytest.mark.parametrize("setting", ["requests_per_key", "requests_per_address"])
async def test_too_many_requests_are_told_when_to_go_on(
    store: Store, token_keys: TokenKeys, setting: str
) -> None:
    """429 with Retry-After, by key and by address."""
    async with apikit.running(store, token_keys, RoomsSettings(**{setting: 2})) as api:
        answers = [await api.call(*LIST) for _ in range(6)]
        refused = [answer for answer in answers if answer.status == 429]

        assert answers[0].status == 200
        assert refused
        assert all(answer.headers["Retry-After"] == "1" for answer in refused)


async def test_callers_behind_a_trusted_proxy_are_told_apart(
    store: Store, token_keys: TokenKeys
) -> None:
    """Each address that it forwards has its own bucket; without trust all are one."""
    for proxies, statuses in ((("127.0.0.1",), {200}), ((), {200, 429})):
        settings = RoomsSettings(requests_per_address=2, trusted_proxies=proxies)
        async with apikit.running(store, token_keys, settings) as api:
            answers = [
                await api.call(*LIST, X_Forwarded_For=f"192.0.2.{last}") for last in range(8)
            ]
            assert {answer.status for answer in answers} == statuses
        async with store.writing(None) as db:
            for table in reversed(metadata.sorted_tables):
                await db.execute(table.delete())


async def test_a_login_may_change_things_from_our_own_pages_only(api: ApiKit) -> None:
    """With the cookie alone, a change needs the origin of this server; reading does not."""
    by = {"key": None, "Cookie": f"lc_session={await api.log_in()}"}
    host = f"{api.client.host}:{api.client.port}"

    assert (await api.call(*LIST, **by)).status == 200
    for header in ({}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
        refused = await api.problem("POST", "/v1/rooms", {}, **by, **header)
        assert (refused["status"], refused["code"]) == (403, "cross_site_refused")
    for header in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": f"http://{host}"}):
        assert (await api.call("POST", "/v1/rooms", {}, **by, **header)).status == 201


async def test_a_login_names_the_project(api: ApiKit) -> None:
    """`X-LC-Project` picks one of the organisation's; another's is refused."""
    by = {"key": None, "Cookie": f"lc_session={await api.log_in()}"}

    assert (await api.call(*LIST, **by, X_LC_Project=api.kit.who.project_id)).status == 200
    assert (await api.call(*LIST, **by, X_LC_Project=api.other.who.project_id)).status == 401


async def test_a_moderators_token_is_good_for_its_room(api: ApiKit) -> None:
    """With the capability, in its own room, and on the calls about participants only."""
    room, another = await api.kit.create(), await api.kit.create()
    moderator = api.token(room, "eve", "moderate:participants")
    participants = f"/v1/rooms/{room.id}/participants"

    assert (await api.call("GET", participants, key=moderator)).status == 200
    assert (await api.problem(*LIST, key=moderator))["code"] == "key_invalid"
    elsewhere = await api.problem("GET", f"/v1/rooms/{another.id}/participants", key=moderator)
    assert elsewhere["code"] == "not_found"
    viewer = api.token(room, "ivy", "subscribe:all")
    refused = await api.problem("GET", participants, key=viewer)
    assert (refused["status"], refused["code"]) == (403, "capability_missing")
    assert (await api.problem("GET", participants, key=moderator[:-3]))["code"] == "token_invalid"
