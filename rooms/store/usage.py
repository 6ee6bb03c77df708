"""Usage from the rows of `sessions`: the arithmetic of `rooms.usage`, done where the rows are.

Comes in: a connection in a transaction. Goes out: sums. The database adds up a million rows
without handing them over; a test holds it to the pure function, to the millisecond.
"""

from sqlalchemy import ColumnElement, Select, Subquery, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms import quota
from rooms.model import Millis
from rooms.store.tables import projects, rooms, sessions
from rooms.types import WATCHED
from rooms.usage import Usage


async def room_usage(db: AsyncConnection, media_id: str, since: Millis, until: Millis) -> Usage:
    """Of one room, from *since* until *until* (exclusive)."""
    return await _sum(db, query(sessions.c.media_id == media_id, since, until))


async def project_usage(
    db: AsyncConnection, project_id: str, since: Millis, until: Millis
) -> Usage:
    """Of all rooms of a project."""
    return await _sum(db, query(sessions.c.project_id == project_id, since, until))


async def org_month_usage(db: AsyncConnection, org_id: str, now: Millis) -> Usage:
    """Of all projects of an organisation, in the calendar month of *now* until now."""
    since, until = quota.month(now)
    mine = select(projects.c.id).where(projects.c.org_id == org_id)
    return await _sum(db, query(sessions.c.project_id.in_(mine), since, until))


def query(whose: ColumnElement[bool], since: Millis, until: Millis) -> Select[int, int]:
    """One row: milliseconds of participants, and of viewers."""
    stays = _reached(_stays(whose, since, until)).subquery()
    present = _beyond(stays.c.reached, stays)
    on_stage = case((stays.c.stage, _beyond(stays.c.stage_reached, stays)), else_=0)
    everybody = func.coalesce(func.sum(present), 0)
    participants = func.coalesce(func.sum(on_stage), 0)
    return select(participants, everybody - participants)


def _stays(whose: ColumnElement[bool], since: Millis, until: Millis) -> Select[tuple[object, ...]]:
    """`rooms.usage.Stay`, clipped."""
    joined, left = sessions.c.joined_at, func.coalesce(sessions.c.left_at, sessions.c.seen_at)
    start = case((joined < since, since), else_=joined)
    end = case((left > until, until), else_=left)
    watched = rooms.c.type.in_(sorted(each.value for each in WATCHED))
    stage = or_(~watched, sessions.c.publisher.is_(True), sessions.c.moderator.is_(True))
    return (
        select(
            sessions.c.participant_id,
            stage.label("stage"),
            start.label("start"),
            end.label("end"),
        )
        .join_from(sessions, rooms, sessions.c.media_id == rooms.c.media_id)
        .where(
            whose,
            joined < until,
            # Says no more than the last condition does, in words that an index understands.
            or_(sessions.c.left_at > since, sessions.c.left_at.is_(None)),
            left > since,
            start < end,
        )
    )


def _reached(chosen: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """Adds until when a participant was there by the stays that began before this one.

    Which of two that began together comes first does not matter to the sum.
    """
    stays = chosen.subquery()

    def furthest(end: ColumnElement[int]) -> ColumnElement[int]:
        return func.max(end).over(
            partition_by=stays.c.participant_id,
            order_by=stays.c.start,
            rows=(None, -1),
        )

    return select(
        stays.c.stage,
        stays.c.start,
        stays.c.end,
        furthest(stays.c.end).label("reached"),
        furthest(case((stays.c.stage, stays.c.end))).label("stage_reached"),
    )


def _beyond(reached: ColumnElement[int], stays: Subquery) -> ColumnElement[int]:
    """What a stay adds; *reached* is NULL for the first one."""
    return case(
        (reached >= stays.c.end, 0),
        (reached > stays.c.start, stays.c.end - reached),
        else_=stays.c.end - stays.c.start,
    )


async def _sum(db: AsyncConnection, summing: Select[int, int]) -> Usage:
    participant_ms, viewer_ms = (await db.execute(summing)).one()
    return Usage(int(participant_ms), int(viewer_ms))
