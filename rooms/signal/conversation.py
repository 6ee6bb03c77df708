"""Carries out what participants ask for.

Comes in: messages of one connection. Goes out: answers to it, and what follows for others. Who
asks too much at once is read more slowly.
"""

import asyncio

import structlog

from levelchat.contract import signal
from levelchat.contract.signal import ChatSend, Command, ReactionSend
from levelchat.errors import LevelChatError, OurFault
from rooms import ids, moderation
from rooms.errors import MalformedBody, NotFound, RoomEnded, TooManyRequests
from rooms.lifecycle import OVER
from rooms.signal import commands
from rooms.signal.commands import Outcome, Scene
from rooms.signal.connection import Connection
from rooms.signal.scribe import Scribe
from rooms.signal.seams import Surroundings
from rooms.store import rooms as room_rows
from rooms.store.messages import StoredMessage

_log = structlog.get_logger("signal")


class Conversation:
    """One for a process."""

    def __init__(self, surroundings: Surroundings, scribe: Scribe) -> None:
        self._surroundings = surroundings
        self._scribe = scribe

    async def hear(self, connection: Connection, data: bytes) -> None:
        """One message: it is carried out and answered, or refused, or ends the connection."""
        wait = connection.commanding.reserve(self._surroundings.monotonic())
        if wait:
            await asyncio.sleep(wait)
        ref: str | int | None = None
        try:
            command = commands.parse(data)
            ref = command.ref
            await self._obey(connection, command)
        except MalformedBody as error:
            connection.close(signal.CLOSE_MALFORMED, error.detail)
        except LevelChatError as error:
            _refuse(connection, error, commands.ref_of(data) if ref is None else ref)
        except Exception:  # noqa: BLE001 - one command's fault is told, and the connection stays
            _log.exception("a command failed", media_id=connection.room.media_id)
            _refuse(connection, OurFault("an unexpected error; the server's log has it"), ref)

    async def _obey(self, connection: Connection, command: Command) -> None:
        now = self._surroundings.transactions.now()
        if isinstance(command, ChatSend | ReactionSend):
            self._slow_down(connection)
        room = connection.room
        scene = Scene(room.roster, room.room.type, now, ids.new(ids.MESSAGE))
        outcome = commands.decide(command, connection.speaker, scene)
        if isinstance(outcome, commands.Answer):
            connection.send(outcome.message)
            return
        if isinstance(outcome, commands.Bye):
            connection.close(signal.CLOSE_LEFT, "left")
            return
        await self._carry_out(connection, outcome)
        if command.ref is not None:
            connection.send(signal.Done(ref=command.ref))

    def _slow_down(self, connection: Connection) -> None:
        now = self._surroundings.monotonic()
        if connection.chatting.take(now):
            limit = self._surroundings.settings.chat_messages_per_second
            raise TooManyRequests(f"at most {limit} messages and reactions a second; slow down")
        if connection.room.gate.take(now):
            raise TooManyRequests("too many say something at once in this room; try again")

    async def _carry_out(self, connection: Connection, outcome: Outcome) -> None:
        room = connection.room
        match outcome:
            case commands.Broadcast(message=message, audience=audience):
                room.say(message, audience)
            case commands.Post(message=message):
                room.post(message)
                self._keep(connection, message)
            case commands.Tell(identity=identity, message=message, echo=echo):
                room.tell(identity, message)
                if echo:
                    connection.send(message)
            case commands.MoveHand(participant=participant, at=at):
                room.move_hand(participant, at)
            case commands.PutOut() | commands.Permit():
                await self._moderate(connection, outcome)

    def _keep(self, connection: Connection, message: signal.ChatMessage) -> None:
        room = connection.room.room
        self._scribe.add(
            StoredMessage(
                id=message.id,
                org_id=room.org_id,
                media_id=room.media_id,
                identity=message.identity,
                name=message.name,
                text=message.text,
                at=message.at,
            )
        )

    async def _moderate(
        self, connection: Connection, outcome: commands.PutOut | commands.Permit
    ) -> None:
        org_id, media_id = connection.room.room.org_id, connection.room.media_id
        async with self._surroundings.transactions.writing(org_id) as tx:
            room = await room_rows.locked(tx.db, media_id)
            if room is None:
                raise NotFound("there is no such room")
            if room.state in OVER:
                raise RoomEnded("the room has ended")
            if isinstance(outcome, commands.PutOut):
                await moderation.kick(tx, room, outcome.identity)
            else:
                await moderation.allow_publishing(
                    tx, room, outcome.identity, allowed=outcome.allowed
                )


def _refuse(connection: Connection, error: LevelChatError, ref: str | int | None) -> None:
    connection.send(signal.Error(code=error.code, message=error.detail, ref=ref))
