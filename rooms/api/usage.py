"""Usage over REST: of one room, and of a project.

Comes in: calls with an interval. Goes out: sums, the same however often they are asked for.
"""

from levelchat.contract.rest import UsageView
from rooms import creation, quota, views
from rooms.api.query import Interval, instant
from rooms.api.route import Call, Route
from rooms.errors import Flaw, InvalidRequest, NotFound
from rooms.model import Millis
from rooms.store import usage as usage_rows
from rooms.usage import Usage

TAG = "Usage"
LONGEST: Millis = 400 * 86_400_000
"""Of a project's interval: a year and a month. One query reads every session in it."""


def routes() -> list[Route]:
    """What is called."""
    return [
        Route(
            "GET",
            "/v1/rooms/{room_id}/usage",
            of_room,
            "A room's usage",
            TAG,
            "Without an interval, from its creation until now.",
            query=Interval,
            response=UsageView,
            errors=(InvalidRequest, NotFound),
        ),
        Route(
            "GET",
            "/v1/usage",
            of_project,
            "The project's usage",
            TAG,
            "Without an interval, this calendar month (UTC) until now.",
            query=Interval,
            response=UsageView,
            errors=(InvalidRequest,),
        ),
    ]


async def of_room(call: Call) -> UsageView:
    room = await creation.find_room(call.tx, call.who, call.path["room_id"])
    since, until = _interval(call, room.created_at)
    return _view(
        await usage_rows.room_usage(call.tx.db, room.media_id, since, until), since, until
    )


async def of_project(call: Call) -> UsageView:
    since, until = _interval(call, quota.month(call.tx.now)[0])
    if until - since > LONGEST:
        raise InvalidRequest([Flaw("since", "must not be more than 400 days before until")])
    project = call.who.project_id
    return _view(await usage_rows.project_usage(call.tx.db, project, since, until), since, until)


def _interval(call: Call, default: Millis) -> tuple[Millis, Millis]:
    query: Interval = call.query
    since, until = instant(query.since, "since"), instant(query.until, "until")
    until = call.tx.now if until is None else until
    since = min(default, until) if since is None else since
    if since > until:
        raise InvalidRequest([Flaw("since", "must not be later than until")])
    return since, until


def _view(used: Usage, since: Millis, until: Millis) -> UsageView:
    return UsageView(
        since=views.instant(since),
        until=views.instant(until),
        participant_minutes=used.participant_minutes,
        viewer_hours=used.viewer_hours,
        recording_gb_stored=used.recording_gb_stored,
    )
