"""`/v1/rooms`: made, listed, found, ended.

Comes in: calls. Goes out: rooms as the API shows them.
"""

from http import HTTPStatus

from levelchat.contract.rest import NewRoom, RoomPage, RoomView
from rooms import creation, ending, types, views
from rooms.api.query import RoomsQuery
from rooms.api.route import Auth, Call, Route, Work
from rooms.api.seams import Place
from rooms.errors import InvalidRequest, NotFound, QuotaExceeded, RoomExists
from rooms.model import EndReason, Room, RoomState
from rooms.store import rooms as room_rows

TAG = "Rooms"


async def held(call: Call) -> Room:
    """The room of the path, kept from changing until the transaction ends."""
    found = await creation.find_room(call.tx, call.who, call.path["room_id"])
    return await room_rows.locked(call.tx.db, found.media_id) or found


class RoomCalls:
    """Calls about rooms; *place* says where a room's media is."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def view(self, room: Room, call: Call) -> RoomView:
        """As the API shows it."""
        return views.room_view(room, call.base_url, self._place(room))

    def routes(self) -> list[Route]:
        """What is called."""
        return [*self._of_the_project(), *self._of_one_room()]

    def _of_the_project(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/v1/rooms",
                self._create,
                "Create a room",
                TAG,
                "A room costs nothing until somebody is in it. An app may choose `id` itself.",
                request=NewRoom,
                optional_body=True,
                response=RoomView,
                status=HTTPStatus.CREATED,
                work=Work.WRITE,
                idempotent=True,
                errors=(InvalidRequest, RoomExists, QuotaExceeded),
            ),
            Route(
                "GET",
                "/v1/rooms",
                self._list,
                "List rooms",
                TAG,
                "The project's rooms, newest first.",
                query=RoomsQuery,
                response=RoomPage,
                errors=(InvalidRequest,),
            ),
        ]

    def _of_one_room(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/v1/rooms/{room_id}",
                self._get,
                "Show a room",
                TAG,
                response=RoomView,
                auth=Auth.KEY_OR_MODERATOR,
                errors=(NotFound,),
            ),
            Route(
                "DELETE",
                "/v1/rooms/{room_id}",
                self._end,
                "End a room",
                TAG,
                "Everybody in it leaves with reason `host_ended`. A room that is over stays as it "
                "is, and is shown.",
                response=RoomView,
                work=Work.WRITE,
                idempotent=True,
                errors=(NotFound,),
            ),
        ]

    async def _create(self, call: Call) -> RoomView:
        return self.view(await creation.create_room(call.tx, call.who, call.body), call)

    async def _list(self, call: Call) -> RoomPage:
        query: RoomsQuery = call.query
        found, cursor = await creation.list_rooms(
            call.tx,
            call.who,
            limit=query.limit,
            cursor=query.cursor,
            state=None if query.state is None else RoomState(query.state),
            type_=None if query.type is None else types.room_type(query.type),
            external_id=query.external_id,
        )
        return RoomPage(items=[self.view(room, call) for room in found], next_cursor=cursor)

    async def _get(self, call: Call) -> RoomView:
        room = await creation.find_room(call.tx, call.who, call.path["room_id"])
        return self.view(room, call)

    async def _end(self, call: Call) -> RoomView:
        room = await ending.end_room(call.tx, await held(call), EndReason.HOST_ENDED)
        return self.view(room, call)
