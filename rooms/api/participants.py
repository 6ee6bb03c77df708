"""`/v1/rooms/{room_id}/participants`: who is and was there, and what moderators do to them.

Comes in: calls, by API key or by a token of the room with `moderate:participants`. Goes out:
participants as the API shows them.
"""

from http import HTTPStatus

from levelchat.contract.rest import ParticipantPage
from rooms import creation, moderation, views
from rooms.api.query import Page
from rooms.api.rooms import held
from rooms.api.route import Auth, Call, Handler, Route, Work
from rooms.errors import NotFound
from rooms.store import sessions as session_rows

TAG = "Participants"
PATH = "/v1/rooms/{room_id}/participants"


def routes() -> list[Route]:
    """What is called."""
    return [
        Route(
            "GET",
            PATH,
            list_participants,
            "List who is and was in a room",
            TAG,
            "In order of joining; `left_at` is null for those who are there.",
            query=Page,
            response=ParticipantPage,
            auth=Auth.KEY_OR_MODERATOR,
            public=True,
            errors=(NotFound,),
        ),
        _moderation(
            "DELETE",
            PATH + "/{identity}",
            kick,
            "Kick a participant",
            "Closes all its connections and revokes the tokens that it came with. A token minted "
            "later is good again.",
        ),
        _moderation(
            "DELETE",
            PATH + "/{identity}/publishing",
            forbid,
            "Forbid an identity to publish",
            "Whatever its tokens say, until it is allowed again.",
        ),
        _moderation(
            "PUT",
            PATH + "/{identity}/publishing",
            allow,
            "Allow an identity to publish again",
            "As far as its tokens allow it.",
        ),
    ]


async def list_participants(call: Call) -> ParticipantPage:
    query: Page = call.query
    room = await creation.find_room(call.tx, call.who, call.path["room_id"])
    found, cursor = await session_rows.of_room(
        call.tx.db, room.media_id, query.cursor or "", query.limit
    )
    forbidden = await session_rows.forbidden(call.tx.db, room.media_id)
    items = views.participant_views(room, found, forbidden)
    return ParticipantPage(items=items, next_cursor=cursor)


async def kick(call: Call) -> None:
    await moderation.kick(call.tx, await held(call), call.path["identity"])


async def forbid(call: Call) -> None:
    await _allow(call, allowed=False)


async def allow(call: Call) -> None:
    await _allow(call, allowed=True)


async def _allow(call: Call, *, allowed: bool) -> None:
    identity = call.path["identity"]
    await moderation.allow_publishing(call.tx, await held(call), identity, allowed=allowed)


def _moderation(method: str, path: str, handler: Handler, summary: str, description: str) -> Route:
    return Route(
        method,
        path,
        handler,
        summary,
        TAG,
        description,
        status=HTTPStatus.NO_CONTENT,
        auth=Auth.KEY_OR_MODERATOR,
        work=Work.WRITE,
        idempotent=True,
        public=True,
        errors=(NotFound,),
    )
