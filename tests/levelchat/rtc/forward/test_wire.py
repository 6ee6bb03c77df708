"""Datagrams as they leave."""

import contextlib

from forwardkit import KEY_BYTES, bound_socket, session

from levelchat.rtc import rtp
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import Totals
from levelchat.rtc.forward.segments import MAX_SEGMENTS
from levelchat.rtc.forward.wire import PADDING, Wire

KEY = bytes(range(KEY_BYTES))


def test_padding_is_padding() -> None:
    """A receiver finds no payload in it."""
    totals, sent = Totals(), list[tuple[int, bytes]]()
    wire = Wire(totals, lambda route, datagram: sent.append((route, datagram)))
    with bound_socket() as sock:
        route = Route(7, 0, sock)
        route.rekey(wire.keys(session(KEY, inbound=True), session(KEY, inbound=False)), "c")
        wire.pad(route, 97, 65_537, 5, 9)
        assert sent == []
        route.is_aimed = True
        wire.pad(route, 97, 65_537, 5, 9)

    ((number, datagram),) = sent
    plain = session(KEY, inbound=True).unprotect(datagram)
    parsed = rtp.parse(plain, 0)
    assert number == 7
    assert (parsed.payload, parsed.sequence, parsed.ssrc) == (b"", 1, 9)
    assert len(plain) == 12 + PADDING
    assert (totals.forwarded, totals.forwarded_bytes) == (1, len(datagram))


def test_what_the_system_does_not_take_is_counted() -> None:
    """Media does not wait."""
    totals = Totals()
    wire = Wire(totals, lambda *_: None)
    with bound_socket() as sock:
        wire.open((sock,))
        wire.send_plain(0, b"x", ("127.0.0.1", 0))
        route = Route(7, 0, sock)
        route.address = ("127.0.0.1", 0)
        route.rekey(wire.keys(session(KEY, inbound=True), session(KEY, inbound=False)), "c")
        wire.pad(route, 97, 1, 5, 9)
        assert totals.send_errors == 1
        wire.flush()
        wire.send_rtcp(route, b"\x80\xc9\x00\x01\0\0\0\1")
        wire.send_rtcp(route, b"")

    assert totals.send_errors == 4
    assert totals.forwarded == 0


def test_what_waits_goes_in_order() -> None:
    """At the flush, or when there is as much as one send takes; and once."""
    totals = Totals()
    wire = Wire(totals, lambda *_: None)
    rx = session(KEY, inbound=True)
    with bound_socket() as sock, bound_socket() as viewer:
        route = Route(7, 0, sock)
        route.address = viewer.getsockname()
        route.rekey(wire.keys(session(KEY, inbound=True), session(KEY, inbound=False)), "c")

        def numbers() -> list[int]:
            found = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    found.append(rtp.parse(rx.unprotect(viewer.recv(2048)), 0).sequence)
            return found

        for number in range(MAX_SEGMENTS + 3):
            wire.pad(route, 97, number, 5, 9)
        assert numbers() == list(range(MAX_SEGMENTS))
        wire.flush()
        assert numbers() == list(range(MAX_SEGMENTS, MAX_SEGMENTS + 3))
        wire.flush()
        assert numbers() == []

    assert totals.forwarded == MAX_SEGMENTS + 3
    assert totals.send_errors == 0
