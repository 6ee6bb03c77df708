"""The one adapter to pylibsrtp's private names: libsrtp without a copy more than it takes.

Comes in: sessions that DTLS keyed, packets. Goes out: packets protected or opened, or None for
what libsrtp refuses; addresses of libsrtp's functions for C. `Session.protect` itself takes no
packet above 1,356 bytes and allocates two objects for each; what is here takes MAX_PACKET.
"""

from typing import Any

from pylibsrtp import _binding

from levelchat.rtc.forward.seams import MAX_PACKET

MAX_TRAILER = 148
"""Bytes: SRTCP index, the longest tag and the longest MKI (libsrtp's SRTP_MAX_TRAILER_LEN + 4)."""

ffi: Any = _binding.ffi
_lib: Any = _binding.lib

protect_rtp = _lib.srtp_protect
"""`(context, cdata, length pointer) -> 0 or an error`; in place."""
_protect_rtcp = _lib.srtp_protect_rtcp
_unprotect_rtp = _lib.srtp_unprotect
_unprotect_rtcp = _lib.srtp_unprotect_rtcp


def address_of(name: str) -> int:
    """Where libsrtp's function *name* is; for whoever calls it without Python."""
    return int(ffi.cast("uintptr_t", ffi.addressof(_lib, name)))


def context_of(session: Any) -> int:  # noqa: ANN401 - pylibsrtp.Session has no types
    """The `srtp_t` of a `pylibsrtp.Session`, which must outlive it."""
    return int(ffi.cast("uintptr_t", session._srtp[0]))


class Workspace:
    """One buffer for all packets of a thread."""

    __slots__ = ("cdata", "length", "view")

    def __init__(self) -> None:
        size = 2 * MAX_PACKET + MAX_TRAILER
        self.cdata = ffi.new("unsigned char[]", size)
        self.view = memoryview(ffi.buffer(self.cdata))
        self.length = ffi.new("int *")

    def run(self, function: Any, context: Any, packet: bytes) -> bytes | None:  # noqa: ANN401 - same
        """What *function* makes of *packet*."""
        size = len(packet)
        if size > 2 * MAX_PACKET:
            return None
        self.view[:size] = packet
        self.length[0] = size
        if function(context, self.cdata, self.length):
            return None
        return bytes(self.view[: self.length[0]])


class Keys:
    """Both contexts of one route."""

    __slots__ = ("_rx", "_sessions", "_work", "tx")

    def __init__(self, rx: Any, tx: Any, work: Workspace) -> None:  # noqa: ANN401 - same
        # The sessions free their contexts when they go.
        self._sessions = (rx, tx)
        self._rx = rx._srtp[0]
        self.tx = tx._srtp[0]
        self._work = work

    def unprotect(self, packet: bytes) -> bytes | None:
        return self._work.run(_unprotect_rtp, self._rx, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        return self._work.run(_unprotect_rtcp, self._rx, packet)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        return self._work.run(_protect_rtcp, self.tx, packet)
