"""Laws of the sockets of WebRTC."""

import socket

import pytest

from levelchat.rtc import sockets
from levelchat.rtc.errors import TcpPortUnusable, UdpPortUnusable


def test_a_port_in_use_is_said_so() -> None:
    """Binding a taken port is an error that tells which and what to do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(UdpPortUnusable, match=rf"{port}.*--udp-port"):
            sockets.bind("127.0.0.1", port)


def test_shards_have_ports_one_after_the_other() -> None:
    """A firewall is told the first one and how many; where one is taken none stays bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        last = taken.getsockname()[1]
        with pytest.raises(UdpPortUnusable):
            sockets.bind_all("127.0.0.1", last - 1, 2)

    bound = sockets.bind_all("127.0.0.1", last - 1, 2)

    assert [sock.getsockname()[1] for sock in bound] == [last - 1, last]
    for sock in bound:
        sock.close()


def test_a_tcp_port_in_use_is_said_so() -> None:
    """Binding a taken port is an error that tells which setting changes or spares it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(TcpPortUnusable, match=rf"{port}.*server\.tcp_port.*-1"):
            sockets.listen("127.0.0.1", port)


def test_connections_hold_little_in_the_system() -> None:
    """What a slow reader does not take is not kept for it, whatever the system would like to."""
    with sockets.listen("127.0.0.1", 0) as listening:
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()):
            connection, _ = listening.accept()
            with connection:
                held = connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    # Linux counts its own overhead, and doubles what it is asked for.
    assert held <= 2 * sockets.STREAM_BUFFER
