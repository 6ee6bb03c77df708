"""Laws of levelchat.bus.replies."""

import pytest

from levelchat.bus import replies
from levelchat.bus.errors import BusUnavailable, Refused
from levelchat.bus.messages import Failed, Joined, StandingWanted, decode, encode


async def test_an_error_travels_whole() -> None:
    """Code, status, title and detail are the same on the other side of the wire."""
    there = replies.failed(BusUnavailable("come again"))

    with pytest.raises(Refused, match="come again") as caught:
        replies.accept(decode(encode(there)))

    assert caught.value.code == BusUnavailable.code
    assert caught.value.status == BusUnavailable.status
    assert caught.value.title == BusUnavailable.title


async def test_a_defect_tells_no_secrets() -> None:
    """What a broken responder raised stays in its own log."""

    async def broken(_request: object) -> Joined:
        raise RuntimeError("password=1234")

    reply = await replies.answer(broken, StandingWanted())

    assert isinstance(reply, Failed)
    assert (reply.code, reply.status) == ("internal", 500)
    assert "1234" not in reply.detail


def test_an_answer_passes() -> None:
    """What is no error is handed on as it is."""
    assert replies.accept(Joined(managed=True)) == Joined(managed=True)
