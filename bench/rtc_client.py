"""A WebRTC client that does no more than a measurement needs: one socket, ICE checks, DTLS, SRTP.

Comes in: a WHIP or WHEP endpoint. Goes out: a connected socket whose packets others count. Its
STUN is aioice's, so that the server's own is not measured by itself. It decodes nothing.
"""

import asyncio
import secrets
import socket
import struct
from typing import Any

import aiohttp
from aioice import stun

from levelchat.errors import EnvironmentFault
from levelchat.rtc._aiortc import Certificate, DtlsTransport
from levelchat.rtc.sdp import Fingerprint

CONNECT_SECONDS = 10.0
VIDEO, AUDIO = 102, 111
"""Payload types."""
_CREATED = 201
_FIRST_DTLS, _LAST_DTLS = 20, 63
_RECEIVE_BUFFER = 1 << 20
_MAX_DATAGRAM = 2048


class ClientFailed(EnvironmentFault):
    """A measuring client was refused, or did not connect."""

    code = "bench_client_failed"
    title = "A client did not connect"


class RtcClient:
    """`join`, then send and receive, then `close`."""

    def __init__(self, certificate: Certificate, *, audio: bool) -> None:
        self._certificate = certificate
        self._audio = audio
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._dtls: DtlsTransport | None = None
        self._username = ""
        self._remote_password = b""
        self._connected = asyncio.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ssrcs: list[int] = []
        """Of the answer's m-lines."""

    async def join(self, http: aiohttp.ClientSession, url: str, token: str, way: str) -> None:
        """Offers to *url*; *way* is `sendonly` or `recvonly`. Returns when DTLS is up."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with http.post(url, data=self._offer(way), headers=headers) as response:
            answer = await response.text()
            if response.status != _CREATED:
                raise ClientFailed(f"{url} answered {response.status}: {answer[:300]}")
        self._take(answer)
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket.fileno(), self._on_readable)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self.check()
                await self._connected.wait()
        except TimeoutError as error:
            raise ClientFailed(f"no connection within {CONNECT_SECONDS} s") from error
        finally:
            loop.remove_reader(self.socket.fileno())

    def close(self) -> None:
        """Without a word; the server's consent will expire."""
        self.socket.close()

    def check(self) -> None:
        """One connectivity check, which is consent too (RFC 7675)."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = self._username
        request.attributes["PRIORITY"] = 1_845_501_695
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._remote_password)
        self.socket.send(bytes(request))

    def send_rtp(self, packet: bytes) -> None:
        """Protects and sends."""
        self.socket.send(self._srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protects and sends."""
        self.socket.send(self._srtp.protect_rtcp(packet))

    def answer_to(self, datagram: bytes) -> None:
        """STUN and DTLS that somebody else has read from the socket."""
        if datagram and _FIRST_DTLS <= datagram[0] <= _LAST_DTLS:
            self._send(self._association.receive(datagram))

    @property
    def _association(self) -> DtlsTransport:
        if self._dtls is None:
            raise ClientFailed("the client is used before it joins")
        return self._dtls

    @property
    def _srtp(self) -> Any:  # noqa: ANN401 - pylibsrtp.Session has no types
        return self._association._tx_srtp  # noqa: SLF001 - a client's own half of the keys

    def _on_readable(self) -> None:
        while not self._connected.is_set():
            try:
                datagram = self.socket.recv(_MAX_DATAGRAM)
            except OSError:
                return
            if datagram[:2] == b"\x01\x01" and self._association.is_new:
                self._send(self._association.begin())
            self.answer_to(datagram)
            if self._association.is_connected:
                self._connected.set()

    def _send(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self.socket.send(datagram)

    def _take(self, answer: str) -> None:
        _, _, _, _, address, port, *_ = _attribute(answer, "candidate").split()
        self._remote_password = _attribute(answer, "ice-pwd").encode()
        self._username = f"{_attribute(answer, 'ice-ufrag')}:{self._ufrag}"
        algorithm, value = _attribute(answer, "fingerprint").split()
        self.ssrcs = [
            int(section.partition("a=ssrc:")[2].split()[0])
            for section in answer.split("m=")[1:]
            if "a=ssrc:" in section
        ]
        self._dtls = DtlsTransport(
            self._certificate, (Fingerprint(algorithm, value),), client=True, says_goodbye=False
        )
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self.socket.setblocking(False)
        self.socket.connect((address, int(port)))

    def _offer(self, way: str) -> str:
        mids = "0 1" if self._audio else "0"
        lines = [
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"),
            *self._section("0", f"video 9 UDP/TLS/RTP/SAVPF {VIDEO}", way),
            f"a=rtpmap:{VIDEO} H264/90000",
            f"a=fmtp:{VIDEO} packetization-mode=1;profile-level-id=42e01f",
            *(f"a=rtcp-fb:{VIDEO} {item}" for item in ("nack", "nack pli", "goog-remb")),
        ]
        if self._audio:
            lines += [
                *self._section("1", f"audio 9 UDP/TLS/RTP/SAVPF {AUDIO}", way),
                f"a=rtpmap:{AUDIO} opus/48000/2",
            ]
        return "\r\n".join(lines) + "\r\n"

    def _section(self, mid: str, media: str, way: str) -> list[str]:
        fingerprint = self._certificate.fingerprint
        return [
            f"m={media}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a={way}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=ice-ufrag:{self._ufrag}",
            f"a=ice-pwd:{self._password}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
            "a=setup:active",
        ]


def rtp(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    """A packet; the marker is bit 7 of *payload_type*."""
    header = struct.pack(
        "!BBHII", 0x80, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc
    )
    return header + payload


def _attribute(answer: str, name: str) -> str:
    """The first `a=name`."""
    _, found, rest = answer.partition(f"a={name}:")
    if not found:
        raise ClientFailed(f"the answer has no a={name}")
    return rest.partition("\r\n")[0]
