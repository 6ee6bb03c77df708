"""Laws of rooms.api.codes."""

from apikit import ApiKit

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_a_code_finds_its_room(api: ApiKit) -> None:
    """For programs as JSON, however its letters are written."""
    room = await api.kit.create()
    code = room.short_code

    for spelled in (code, code.upper(), f"{code[:5]}-{code[5:]}"):
        assert (await api.json("GET", f"/r/{spelled}"))["id"] == room.id


async def test_people_get_a_page(api: ApiKit) -> None:
    """It has no script, and a name with markup in it stays a name."""
    room = await api.kit.create(external_id="<b>x</b>")
    answer = await api.call("GET", f"/r/{room.short_code}", Accept=BROWSER)
    page = await answer.text()

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page
    assert f"/watch/{room.media_id}" in page
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_room_that_is_over_leads_nowhere(api: ApiKit) -> None:
    """Its page says so, and has no link to watch."""
    room = await api.kit.create()
    await api.json("DELETE", f"/v1/rooms/{room.id}")
    page = await (await api.call("GET", f"/r/{room.short_code}", Accept=BROWSER)).text()

    assert "It is over" in page
    assert "/watch/" not in page


async def test_people_who_may_not_see_it_get_a_page_too(api: ApiKit) -> None:
    """A foreign code and one that never was are the same page; without a login all are."""
    foreign = (await api.other.create()).short_code
    never = "2" * len(foreign)
    for key, status in (("", 404), (None, 401)):
        told = []
        for code in (foreign, never):
            answer = await api.call("GET", f"/r/{code}", key=key, Accept=BROWSER)
            request_id = answer.headers["X-Request-Id"]
            told.append((answer.status, (await answer.text()).replace(request_id, "")))
        assert told[0] == told[1]
        assert told[0][0] == status


async def test_a_login_opens_it(api: ApiKit) -> None:
    """The cookie will do, as a browser sends it."""
    room = await api.kit.create()
    cookie = f"lc_session={await api.log_in()}"
    answer = await api.call("GET", f"/r/{room.short_code}", key=None, Cookie=cookie)

    assert (answer.status, (await answer.json())["id"]) == (200, room.id)
