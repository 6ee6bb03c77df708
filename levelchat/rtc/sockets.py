"""The sockets of WebRTC: one of UDP a shard with large buffers, one of TCP with small ones.

Comes in: host, port, how many. Goes out: bound sockets, or `UdpPortUnusable`, `TcpPortUnusable`.
"""

import contextlib
import socket

from levelchat.rtc.errors import TcpPortUnusable, UdpPortUnusable

BUFFER = 16 << 20
"""Bytes that the system may hold for us, where it allows so many. Each datagram counts as at least
768 there: this is 0.4 s of 50,000 a second, so that a flood and a busy core lose no media."""
STREAM_BUFFER = 128 << 10
"""Bytes that the system holds of a TCP connection's, each way. Left alone, Linux takes 4 MiB of
what a slow reader does not take: pictures that are 13 s old by the time they are seen."""

BACKLOG = 128
"""Connections that wait to be accepted."""


def bind_all(host: str, port: int, count: int) -> list[socket.socket]:
    """*count* sockets on *port* and the ports after it; 0: any ports."""
    bound: list[socket.socket] = []
    try:
        for shard in range(count):
            bound.append(bind(host, port + shard if port else 0))  # noqa: PERF401 - closed on error
    except BaseException:
        for sock in bound:
            sock.close()
        raise
    return bound


def bind(host: str, port: int) -> socket.socket:
    """One socket."""
    sock = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        _force_buffer(sock)
        sock.bind(address)
    except OSError as error:
        if sock is not None:
            sock.close()
        raise UdpPortUnusable(
            f"UDP port {port} on {host} cannot be used ({error.strerror}); "
            "choose another with --udp-port"
        ) from error
    return sock


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes TCP connections."""
    sock = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            # The sockets of the connections take these over.
            sock.setsockopt(socket.SOL_SOCKET, option, STREAM_BUFFER)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        if sock is not None:
            sock.close()
        raise TcpPortUnusable(
            f"TCP port {port} on {host} cannot be used for WebRTC ({error.strerror}); choose "
            "another (server.tcp_port), or -1 to do without WebRTC over TCP"
        ) from error
    return sock


def _force_buffer(sock: socket.socket) -> None:
    """Beyond the system's limit, where we are allowed to (Linux, CAP_NET_ADMIN)."""
    for force in (getattr(socket, "SO_RCVBUFFORCE", 33), getattr(socket, "SO_SNDBUFFORCE", 32)):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, force, BUFFER)
