"""Laws of rooms.api.work."""

from http import HTTPStatus

import pytest
from apikit import ApiKit

from levelchat.contract.rest import NewRoom, Redelivered
from rooms import creation
from rooms.api.idempotency import Once
from rooms.api.route import Call, Caller, Route, Work
from rooms.api.work import worker
from rooms.errors import QuotaExceeded
from rooms.model import RoomState

ONCE = Once("k", b"f" * 32)


def call(api: ApiKit) -> Call:
    return Call(Caller(api.kit.who), {}, None, None, "", None)  # type: ignore[arg-type]


async def test_a_change_that_fails_changes_nothing(api: ApiKit) -> None:
    """What a handler did before it raised is rolled back, its idempotent answer too."""

    async def fail(each: Call) -> None:
        await creation.create_room(each.tx, each.who, NewRoom())
        raise QuotaExceeded("no more")

    route = Route("POST", "/", fail, "", "", work=Work.WRITE)
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await worker(route, api.kit.transactions)(call(api), ONCE)
    assert (await api.json("GET", "/v1/rooms"))["items"] == []


@pytest.mark.parametrize("work", [Work.WRITE, Work.NONE])
async def test_work_is_done_once(api: ApiKit, work: Work) -> None:
    """The second time the handler is not asked, and the answer says that it is the first one."""
    done = []

    async def count(_call: Call) -> Redelivered:
        done.append(1)
        return Redelivered(count=len(done))

    route = Route("POST", "/", count, "", "", work=work, status=HTTPStatus.CREATED)
    doing = worker(route, api.kit.transactions)
    first = await doing(call(api), ONCE)
    second = await doing(call(api), ONCE)
    assert (first.status, first.body) == (second.status, second.body) == (201, b'{"count":1}')  # type: ignore[attr-defined]
    assert ["Idempotent-Replayed" in each.headers for each in (first, second)] == [False, True]

    third = await doing(call(api), None)
    assert third.body == b'{"count":2}'  # type: ignore[attr-defined]


async def test_a_view_changes_nothing(api: ApiKit) -> None:
    """A handler that reads cannot write by mistake."""
    room = await api.kit.create()

    async def meddle(each: Call) -> None:
        await creation.create_room(each.tx, each.who, NewRoom())

    route = Route("GET", "/", meddle, "", "", work=Work.READ)
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await worker(route, api.kit.transactions)(call(api), None)
    assert (await api.kit.room(room.media_id)).state is RoomState.CREATED


async def test_nothing_is_no_content(api: ApiKit) -> None:
    """A handler that gives None answers without a body."""

    async def nothing(_call: Call) -> None:
        """Does nothing."""

    route = Route("DELETE", "/", nothing, "", "", work=Work.WRITE, status=HTTPStatus.NO_CONTENT)
    answer = await worker(route, api.kit.transactions)(call(api), None)
    assert (answer.status, answer.body) == (204, None)  # type: ignore[attr-defined]
