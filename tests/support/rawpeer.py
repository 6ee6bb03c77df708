"""A publisher that does only what a test says: checks by aioice's STUN, DTLS and SRTP by hand."""

import asyncio
import contextlib
import socket
import struct
from typing import Any

import offers
from aioice import stun as foreign

from levelchat.rtc._aiortc import DtlsTransport, generate_certificate
from levelchat.rtc.sdp import Fingerprint

WAIT = 5.0
"""Seconds for an answer that comes at once or never."""


def attribute(answer: str, name: str) -> str:
    """The first `a=name` of an answer."""
    return answer.split(f"a={name}:", 1)[1].split("\r\n", 1)[0]


class RawPeer:
    """One UDP socket and one certificate."""

    def __init__(self, *, client: bool = True) -> None:
        self.certificate = generate_certificate()
        self.client = client
        self.ufrag = "peer"
        self.socket = self._new_socket()
        self.server: tuple[str, int] = ("", 0)
        self.ice = ("", "")
        self.theirs: tuple[Fingerprint, ...] = ()
        self.dtls: DtlsTransport | None = None
        self.sequence = 1000

    def _new_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.bind(("127.0.0.1", 0))
        return made

    def offer(self, *sections: str) -> str:
        return offers.offer(
            *(sections or (offers.AUDIO, offers.VIDEO)),
            ufrag=self.ufrag,
            fingerprint=self.certificate.fingerprint.value,
            setup="active" if self.client else "passive",
            bundle=" ".join(
                mid
                for mid, section in (("a", offers.AUDIO), ("v", offers.VIDEO))
                if section in (sections or (offers.AUDIO, offers.VIDEO))
            ),
        )

    def take(self, answer: str) -> None:
        """Reads the server's side from its answer."""
        _, _, _, _, address, port, *_ = attribute(answer, "candidate").split()
        self.server = (address, int(port))
        self.ice = (attribute(answer, "ice-ufrag"), attribute(answer, "ice-pwd"))
        algorithm, value = attribute(answer, "fingerprint").split()
        self.theirs = (Fingerprint(algorithm, value),)
        self.dtls = DtlsTransport(self.certificate, self.theirs, client=self.client)

    def begin_anew(self) -> None:
        """Forgets its keys; the next handshake is of another association."""
        assert self.dtls is not None
        self.dtls = DtlsTransport(self.certificate, self.theirs, client=self.client)

    def request(self, *, nominate: bool = True, password: str | None = None) -> foreign.Message:
        message = foreign.Message(foreign.Method.BINDING, foreign.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.ice[0]}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1853693695
        message.attributes["ICE-CONTROLLING"] = 7
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or self.ice[1]).encode())
        return message

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def has_received(self) -> bool:
        """Something lies in the socket."""
        with contextlib.suppress(BlockingIOError):
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        return False

    async def receive(self) -> bytes:
        async with asyncio.timeout(WAIT):
            return await asyncio.get_running_loop().sock_recv(self.socket, 2048)

    async def check(self, **options: Any) -> foreign.Message:
        """Sends a check; the response, whatever else came before it."""
        self.send(bytes(self.request(**options)))
        while (data := await self.receive())[0] > 3:
            pass
        return foreign.parse_message(data)

    async def shake_hands(self) -> None:
        """DTLS, from whoever begins."""
        assert self.dtls is not None
        self._send_all(self.dtls.begin())
        while not self.dtls.is_connected:
            data = await self.receive()
            if 20 <= data[0] <= 63:
                self._send_all(self.dtls.receive(data))
            assert not self.dtls.has_failed

    async def connect(self, answer: str) -> None:
        self.take(answer)
        await self.check()
        await self.shake_hands()

    def send_rtp(
        self, payload_type: int, payload: bytes, *, timestamp: int = 0, ssrc: int = 0x1234
    ) -> None:
        """One packet, numbered on."""
        assert self.dtls is not None
        self.sequence += 1
        header = struct.pack("!BBHII", 0x80, payload_type, self.sequence & 0xFFFF, timestamp, ssrc)
        self.send(self.dtls.sessions[1].protect(header + payload))

    async def rtcp(self) -> bytes:
        """The next RTCP packet of the server, decrypted."""
        assert self.dtls is not None
        while True:
            data = await self.receive()
            if 128 <= data[0] <= 191:
                return self.dtls.sessions[0].unprotect_rtcp(data)

    async def rtp(self) -> bytes:
        """The next RTP packet of the server, decrypted."""
        assert self.dtls is not None
        while True:
            data = await self.receive()
            if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
                return self.dtls.sessions[0].unprotect(data)

    def move(self) -> None:
        """Goes on from another address."""
        self.socket.close()
        self.socket = self._new_socket()

    def close(self) -> None:
        self.socket.close()

    def _send_all(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self.send(datagram)
