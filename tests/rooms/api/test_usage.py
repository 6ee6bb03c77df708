"""Laws of rooms.api.usage."""

from apikit import ApiKit
from roomkit import PUBLISH, WATCH

from rooms.model import HOUR
from rooms.views import instant


async def test_usage_is_of_the_interval(api: ApiKit) -> None:
    """Minutes of participants and hours of viewers, of one room and of the project."""
    live = await api.kit.create(type="live")
    meeting = await api.kit.create()
    start = api.kit.now
    there = [
        (live, await api.kit.join(live, "ada", PUBLISH)),
        (live, await api.kit.join(live, "bob", WATCH)),
        (meeting, await api.kit.join(meeting, "eve", PUBLISH)),
    ]
    api.kit.now += HOUR
    for room, attended in there:
        await api.kit.leave(room, attended)
    api.kit.now += HOUR

    used = await api.json("GET", f"/v1/rooms/{live.id}/usage")
    assert (used["participant_minutes"], used["viewer_hours"]) == (60, 1)
    assert (await api.json("GET", "/v1/usage"))["participant_minutes"] == 120
    half = f"?since={instant(start + HOUR // 2)}&until={instant(start + HOUR)}"
    used = await api.json("GET", f"/v1/usage{half}")
    assert (used["participant_minutes"], used["viewer_hours"]) == (60, 0.5)
    assert (used["since"], used["until"]) == (instant(start + HOUR // 2), instant(start + HOUR))


async def test_a_wrong_interval_is_named(api: ApiKit) -> None:
    """A 422 names which end is wrong."""
    for query, path in [
        ("since=yesterday", "since"),
        ("until=2026-04-25T09:30:00", "until"),
        ("since=2026-04-25T09:30:01Z&until=2026-04-25T09:30:00Z", "since"),
        ("since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "since"),
    ]:
        found = await api.problem("GET", f"/v1/usage?{query}")
        assert (found["status"], found["errors"][0]["path"]) == (422, path)
