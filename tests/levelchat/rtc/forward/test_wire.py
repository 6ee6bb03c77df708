"""Datagrams as they leave."""

from forwardkit import KEY_BYTES, bound_socket, session

from levelchat.rtc import rtp
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import Totals
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
        wire.send_rtcp(route, b"\x80\xc9\x00\x01\0\0\0\1")
        wire.send_rtcp(route, b"")

    assert totals.send_errors == 4
    assert totals.forwarded == 0
