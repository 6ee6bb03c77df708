"""A connection takes frames while its client reads them."""

from typing import Any

from prometheus_client import CollectorRegistry

from levelchat.auth.token import Grant
from levelchat.contract import signal
from rooms.signal import audience, frames
from rooms.signal.commands import Speaker
from rooms.signal.connection import MAX_BEHIND, Connection
from rooms.signal.metrics import SignalMetrics


class _Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.behind = 0
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.behind

    def is_closing(self) -> bool:
        return self.closing


class _Room:
    def __init__(self) -> None:
        self.told: list[Connection] = []

    def closing(self, connection: Connection) -> None:
        self.told.append(connection)


def _connection(transport: Any, room: Any, registry: CollectorRegistry) -> Connection:
    return Connection(
        session="s_1",
        speaker=Speaker("p_1", "ada", "Ada", ("subscribe:all",)),
        grant=Grant(
            room="r",
            media_id="r",
            identity="ada",
            capabilities=frozenset(),
            token_id="",
            expires=1,
        ),
        room=room,
        transport=transport,
        base="http://here",
        now=0,
        chats_per_second=5,
        metrics=SignalMetrics(registry),
    )


def test_who_does_not_read_is_closed_and_counted() -> None:
    """A buffer that grows beyond its bound closes the connection, once."""
    transport, room, registry = _Transport(), _Room(), CollectorRegistry()
    connection = _connection(transport, room, registry)
    connection.send(signal.Pong(at=1))

    transport.behind = MAX_BEHIND + 1
    connection.send(signal.Pong(at=2))
    connection.send(signal.Pong(at=3))

    assert transport.written == [
        frames.message(signal.Pong(at=1)),
        frames.close(signal.CLOSE_TOO_SLOW, "too slow"),
    ]
    assert connection.code == signal.CLOSE_TOO_SLOW
    assert room.told == [connection]
    assert registry.get_sample_value("levelchat_signal_closed_total", {"code": "4004"}) == 1


def test_the_first_goodbye_counts() -> None:
    """And nothing is written after it."""
    transport, room = _Transport(), _Room()
    connection = _connection(transport, room, CollectorRegistry())

    connection.close(signal.CLOSE_KICKED, "kicked")
    connection.close(signal.CLOSE_ROOM_ENDED)
    connection.write(b"late")

    assert transport.written == [frames.close(signal.CLOSE_KICKED, "kicked")]
    assert connection.code == signal.CLOSE_KICKED


def test_a_broken_transport_is_left_alone() -> None:
    """Whoever reads notices that it broke."""
    transport = _Transport()
    transport.closing = True
    connection = _connection(transport, _Room(), CollectorRegistry())

    connection.write(b"late")
    connection.close(signal.CLOSE_LOST)

    assert transport.written == []


def test_its_capabilities_say_what_it_hears() -> None:
    """Computed once, not for every frame."""
    connection = _connection(_Transport(), _Room(), CollectorRegistry())
    assert connection.audience == audience.PRESENCE | audience.CHAT
