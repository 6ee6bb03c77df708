"""Laws of the sockets of WebRTC."""

import socket

import pytest

from levelchat.rtc import sockets
from levelchat.rtc.errors import UdpPortUnusable


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
