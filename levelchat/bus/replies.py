"""How a request's outcome travels: a message, or the error that the responder raised.

Comes in: a responder and a request, or a reply. Goes out: the reply, or `Refused`.
"""

import structlog

from levelchat.bus.errors import Refused
from levelchat.bus.messages import Failed, Message
from levelchat.bus.seams import Responder
from levelchat.errors import LevelChatError, OurFault

_log = structlog.get_logger("bus")


async def answer(responder: Responder, request: Message) -> Message:
    """What *responder* answers; an error of its becomes `Failed`."""
    try:
        return await responder(request)
    except LevelChatError as error:
        return failed(error)
    except Exception:  # noqa: BLE001 - whoever asked waits for an answer
        _log.exception("bus responder failed", message=type(request).__name__)
        return failed(OurFault("an unexpected error; the responder's log has it"))


def failed(error: LevelChatError) -> Failed:
    """*error* as it travels."""
    return Failed(code=error.code, status=error.status, title=error.title, detail=error.detail)


def accept(reply: Message) -> Message:
    """*reply*, unless the responder raised: then `Refused` with its words."""
    if isinstance(reply, Failed):
        raise Refused(reply.code, reply.status, reply.title, reply.detail)
    return reply
