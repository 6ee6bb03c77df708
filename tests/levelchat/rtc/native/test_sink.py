"""Laws of levelchat.rtc.native.Sink."""

import contextlib
import functools
import socket
import struct
from collections.abc import Iterator

import pytest
from forwardkit import bound_socket, until

from levelchat.rtc.native import Sink


def _rtp(sequence: int, ssrc: int = 1) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, 0, ssrc) + b"encrypted"


def _has(sink: Sink, packets: int) -> bool:
    return sink.counts()[0] == packets


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(bound_socket())) for _ in range(40)]


@pytest.fixture
def sink(sockets: list[socket.socket]) -> Iterator[Sink]:
    sink = Sink([sock.fileno() for sock in sockets])
    sink.start()
    yield sink
    sink.stop()


async def test_each_stream_of_each_socket_is_counted(
    sink: Sink, sockets: list[socket.socket]
) -> None:
    """Gaps are numbers that never came; one that came late is no gap, a wrap neither."""
    with contextlib.closing(bound_socket()) as sender:
        for sock in sockets:
            for sequence in (65534, 65535, 0, 3, 2):
                sender.sendto(_rtp(sequence), sock.getsockname())
            for sequence in range(100, 105):
                sender.sendto(_rtp(sequence, ssrc=2), sock.getsockname())
            sender.sendto(b"\x80\xc8\x00\x01" + bytes(4), sock.getsockname())
        await until(lambda: sink.counts()[0] == 400 and sink.counts()[1] == 40)

    assert sink.counts() == (400, 40, 40 * (10 * 21 + 8), 40)


async def test_what_is_no_srtp_is_handed_over(sink: Sink, sockets: list[socket.socket]) -> None:
    """With the socket that it came to; whoever owns the sockets answers it."""
    taken: list[tuple[int, bytes]] = []

    def took(count: int) -> bool:
        taken.extend(sink.take())
        return len(taken) == count

    with contextlib.closing(bound_socket()) as sender:
        for count, index in enumerate((3, 7), start=1):
            sender.sendto(b"\x00\x01stun", sockets[index].getsockname())
            await until(functools.partial(took, count))

    assert taken == [
        (sockets[3].fileno(), b"\x00\x01stun"),
        (sockets[7].fileno(), b"\x00\x01stun"),
    ]
    assert sink.counts() == (0, 0, 0, 0)


async def test_it_can_be_stopped_and_started(sockets: list[socket.socket]) -> None:
    """What came meanwhile waits in the sockets."""
    sink = Sink([sockets[0].fileno()])
    with contextlib.closing(bound_socket()) as sender:
        for round_ in range(1, 4):
            sender.sendto(_rtp(round_), sockets[0].getsockname())
            sink.start()
            await until(functools.partial(_has, sink, round_))
            sink.stop()
    sink.stop()


async def test_what_nobody_takes_has_a_bound(sink: Sink, sockets: list[socket.socket]) -> None:
    """Of a flood of datagrams that nobody fetches a bounded number is kept."""
    target = sockets[0].getsockname()
    with contextlib.closing(bound_socket()) as sender:
        for number in range(70_000):
            sender.sendto(b"\x00", target)
            if number % 500 == 499:
                sender.sendto(_rtp(number // 500), target)
                await until(functools.partial(_has, sink, number // 500 + 1))

    assert len(sink.take()) == 65_536
    assert sink.take() == []


def test_what_is_no_socket_is_refused() -> None:
    """Like whatever epoll does not take."""
    with pytest.raises(OSError, match="Bad file"):
        Sink([999_999])
    with pytest.raises(TypeError):
        Sink(["no"])  # type: ignore[list-item]
