"""Peers of a forwarding core: real UDP on loopback, real SRTP, no DTLS."""

import asyncio
import contextlib
import functools
import importlib.util
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pylibsrtp

from levelchat.clock import SystemClock
from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward.seams import (
    ExtensionIds,
    Forwarder,
    Numbers,
    OutletConfig,
    Selection,
    SourceConfig,
)
from levelchat.rtc.stun import Address

CORES = ["portable"]
_NATIVE = importlib.util.find_spec("levelchat.rtc.native")
if _NATIVE is not None and _NATIVE.origin is not None:
    # Where the C core is part of the package, it must be built.
    CORES.append("native")

GCM = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
KEY_BYTES = 28
MILLISECOND = 1_000_000
WAIT_S = 10.0
VIDEO_PT = 96
RTX_PT = 97
AUDIO_PT = 111
OUT_PT = 102
OUT_RTX_PT = 103

IDS = ExtensionIds(audio_level=1, capture_time=2, dependency=3)
OUT_IDS = ExtensionIds(audio_level=4, capture_time=5, dependency=6)


async def until(condition: Callable[[], bool], what: str = "") -> None:
    """Returns once *condition* holds."""
    end = asyncio.get_running_loop().time() + WAIT_S
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(what or "the condition never held")
        await asyncio.sleep(0.001)


def session(key: bytes, *, inbound: bool, profile: int = GCM) -> pylibsrtp.Session:
    """As DTLS makes it."""
    policy = pylibsrtp.Policy(
        key=key,
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND
        if inbound
        else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=profile,
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


def bound_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 4 << 20)
    sock.bind(("127.0.0.1", 0))
    return sock


class Recorder:
    """Keeps what a core tells."""

    def __init__(self) -> None:
        self.datagrams: list[tuple[int, bytes, Address]] = []
        self.strays: list[tuple[int, bytes]] = []
        self.rtcp: list[tuple[int, bytes]] = []
        self.packets: list[tuple[int, bytes]] = []
        self.gaps: list[tuple[int, int, int]] = []
        self.filled: list[tuple[int, int]] = []
        self.wanted: list[int] = []
        self.switched: list[tuple[int, int]] = []
        self.outgoing: list[tuple[int, bytes]] = []
        self.stray_hook: Callable[[int, bytes, int], None] | None = None

    def on_datagram(self, shard: int, datagram: bytes, address: Address, now_ns: int) -> None:
        self.datagrams.append((shard, datagram, address))

    def on_stray(self, route: int, packet: bytes, now_ns: int) -> None:
        self.strays.append((route, packet))
        if self.stray_hook is not None:
            self.stray_hook(route, packet, now_ns)

    def on_rtcp(self, route: int, packet: bytes, now_ns: int) -> None:
        self.rtcp.append((route, packet))

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        self.packets.append((source, packet))

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        self.gaps.append((source, first, count))

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        self.filled.append((source, sequence))

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:
        self.wanted.append(outlet)

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        self.switched.append((outlet, source))

    def on_outgoing(self, route: int, datagram: bytes) -> None:
        self.outgoing.append((route, datagram))


class Peer:
    """Somebody with a socket and keys."""

    def __init__(self, number: int, sock: socket.socket, remote: Address) -> None:
        self.number = number
        self.sock = sock
        self.remote = remote
        self.key_in = bytes(number * 7 + index & 0xFF for index in range(KEY_BYTES))
        self.key_out = bytes(number * 5 + 99 + index & 0xFF for index in range(KEY_BYTES))
        self.renew()
        self.received: list[rtp.RtpPacket] = []
        self.rtcp: list[bytes] = []
        self.refused = 0

    def renew(self) -> None:
        """Fresh sessions for the keys."""
        self.tx = session(self.key_in, inbound=False)
        self.rx = session(self.key_out, inbound=True)

    @property
    def address(self) -> Address:
        return self.sock.getsockname()

    def core_sessions(self) -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
        """What the core opens its route with: rx, tx."""
        return session(self.key_in, inbound=True), session(self.key_out, inbound=False)

    def send(self, packet: bytes) -> None:
        self.send_raw(self.tx.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self.send_raw(self.tx.protect_rtcp(packet))

    def send_raw(self, datagram: bytes) -> None:
        self.sock.sendto(datagram, self.remote)

    def read(self) -> None:
        while True:
            try:
                datagram = self.sock.recv(4096)
            except BlockingIOError:
                return
            self.take(datagram)

    def take(self, datagram: bytes) -> None:
        try:
            if 192 <= datagram[1] <= 223:
                self.rtcp.append(self.rx.unprotect_rtcp(datagram))
            else:
                self.received.append(rtp.parse(self.rx.unprotect(datagram), 0))
        except pylibsrtp.Error:
            self.refused += 1

    def of(self, ssrc: int) -> list[rtp.RtpPacket]:
        """What came with *ssrc*, packets of padding left out."""
        return [packet for packet in self.received if packet.ssrc == ssrc and packet.payload]


@dataclass
class Kit:
    """A core that runs, and what its peers need."""

    forwarder: Forwarder
    events: Recorder
    sockets: list[socket.socket]
    clock: SystemClock = field(default_factory=SystemClock)
    numbers: Numbers = field(default_factory=Numbers)
    peers: list[Peer] = field(default_factory=list)

    def peer(self, shard: int = 0, *, aimed: bool = True) -> Peer:
        """A connected peer."""
        number = self.numbers.next()
        peer = Peer(number, bound_socket(), self.sockets[shard].getsockname())
        self.peers.append(peer)
        rx, tx = peer.core_sessions()
        self.forwarder.open_route(number, shard, rx, tx, f"cname-{number}")
        self.forwarder.bind(number, peer.address)
        if aimed:
            self.forwarder.aim(number, peer.address)
        asyncio.get_running_loop().add_reader(peer.sock.fileno(), peer.read)
        return peer

    def source(
        self,
        codec: Codec = Codec.H264,
        *,
        tap: bool = False,
        gaps: bool = False,
        history: int = 1024,
        extensions: ExtensionIds = IDS,
    ) -> int:
        number = self.numbers.next()
        payload_type = AUDIO_PT if codec is Codec.OPUS else VIDEO_PT
        config = SourceConfig(
            codec, payload_type, RTX_PT, extensions, history=history, tap=tap, gaps=gaps
        )
        self.forwarder.open_source(number, config)
        return number

    def outlet(
        self,
        peer: Peer,
        ssrc: int = 0xAAAA,
        *,
        rtx: int = 0,
        codec: Codec = Codec.H264,
        extensions: ExtensionIds = OUT_IDS,
    ) -> int:
        number = self.numbers.next()
        config = OutletConfig(ssrc, codec.clock_rate, codec is not Codec.OPUS, rtx, extensions)
        self.forwarder.open_outlet(number, peer.number, config)
        return number

    def select(self, outlet: int, source: int, **options: object) -> None:
        options.setdefault("payload_type", OUT_PT)
        options.setdefault("rtx_payload_type", OUT_RTX_PT)
        self.forwarder.select(outlet, Selection(source=source, **options))  # type: ignore[arg-type]

    async def settle(self) -> None:
        """Returns once the core has done all that was asked before: a datagram has come round."""
        # Twice: what one shard hands to another is behind the other's first answer.
        for sock in (*self.sockets, *self.sockets):
            before = len(self.events.datagrams)
            probe = bound_socket()
            with contextlib.closing(probe):
                probe.sendto(b"\x00round", sock.getsockname())
                await until(functools.partial(self._is_answered, before), "a shard answers")
        for peer in self.peers:
            peer.read()

    def __post_init__(self) -> None:
        self.began = self.clock.now_ns()

    def _is_answered(self, before: int) -> bool:
        return len(self.events.datagrams) > before

    def now(self) -> int:
        """As the core reads it."""
        return self.clock.now_ns()


@contextlib.asynccontextmanager
async def running(forwarder: Forwarder, shards: int = 1) -> AsyncIterator[Kit]:
    """*forwarder* with that many shards, until the block ends."""
    events = Recorder()
    sockets = [bound_socket() for _ in range(shards)]
    forwarder.open(sockets, events)
    kit = Kit(forwarder, events, sockets)
    try:
        yield kit
    finally:
        forwarder.close()
        for peer in kit.peers:
            asyncio.get_running_loop().remove_reader(peer.sock.fileno())
            peer.sock.close()
        for sock in sockets:
            sock.close()


class Pushing:
    """A source that tests push packets of; all sources of a kit share one clock."""

    def __init__(self, kit: Kit, codec: Codec = Codec.H264) -> None:
        self.kit = kit
        self.number = kit.source(codec)

    def push(
        self, sequence: int, timestamp: int, payload: bytes, at_ms: int = 0, **rest: Any
    ) -> None:
        data = packet(sequence, timestamp, payload, **rest)
        self.kit.forwarder.push(self.number, data, self.kit.began + at_ms * MILLISECOND)


def clock() -> SystemClock:
    return SystemClock()


# -- packets


def packet(
    sequence: int,
    timestamp: int = 0,
    payload: bytes = b"x" * 20,
    *,
    ssrc: int = 0x1234,
    payload_type: int = VIDEO_PT,
    marker: bool = False,
    elements: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    """An RTP packet; *elements* in the two-byte form where one is long."""
    first = 0x80 | (0x10 if elements else 0) | (0x20 if padding else 0)
    header = struct.pack(
        "!BBHII",
        first,
        payload_type | (0x80 if marker else 0),
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
    return header + (_extension(elements) if elements else b"") + payload + tail


def _extension(elements: dict[int, bytes]) -> bytes:
    long = any(len(value) > 16 for value in elements.values())
    if long:
        body = b"".join(bytes((key, len(value))) + value for key, value in elements.items())
    else:
        body = b"".join(
            bytes((key << 4 | len(value) - 1,)) + value for key, value in elements.items()
        )
    words = (len(body) + 3) // 4
    return struct.pack("!HH", 0x1000 if long else 0xBEDE, words) + body.ljust(4 * words, b"\0")


def h264(number: int, *, key: bool = False, size: int = 40) -> bytes:
    """A payload that says its *number*."""
    body = number.to_bytes(4, "big").ljust(size, b"\x5a")
    # STAP-A with a parameter set first, or a slice.
    return b"\x78\x00\x04\x67\x42\x00\x1f" + body if key else b"\x61" + body


def vp8(
    number: int,
    *,
    key: bool = False,
    picture: int | None = None,
    tl0: int | None = None,
    temporal: int | None = None,
    sync: bool = False,
    begins: bool = True,
    long: bool = True,
) -> bytes:
    first = 0x10 if begins else 0
    fields = (
        (0x80 if picture is not None else 0)
        | (0x40 if tl0 is not None else 0)
        | (0x20 if temporal is not None else 0)
    )
    data = bytes((first | (0x80 if fields else 0),))
    if fields:
        data += bytes((fields,))
    if picture is not None:
        data += (0x8000 | picture).to_bytes(2, "big") if long else bytes((picture & 0x7F,))
    if tl0 is not None:
        data += bytes((tl0 & 0xFF,))
    if temporal is not None:
        data += bytes((temporal << 6 | (0x20 if sync else 0),))
    # RFC 6386 §9.1: the lowest bit of a key frame's first byte is 0.
    return data + (b"\x10" if key else b"\x11") + number.to_bytes(4, "big") + b"\x33" * 30


def vp9(
    number: int,
    *,
    key: bool = False,
    spatial: int = 0,
    temporal: int = 0,
    sync: bool = False,
    begins: bool = True,
    ends: bool = True,
) -> bytes:
    """Flexible mode, with a picture id and layer indices (RFC 9628 §4.2)."""
    first = 0x80 | 0x20 | 0x10 | (0x08 if begins else 0) | (0x04 if ends else 0)
    first |= 0 if key else 0x40
    layers = bytes((temporal << 5 | (0x10 if sync else 0) | spatial << 1,))
    references = b"" if key else b"\x02"
    # VP9 bitstream §6.2: frame marker, profile 0, a frame to show, key or not.
    header = b"\x82" if key and not spatial else b"\x86"
    data = bytes((first,)) + (0x8000 | number & 0x7FFF).to_bytes(2, "big") + layers + references
    return data + header + number.to_bytes(4, "big") + b"\x44" * 30


def av1(number: int, *, key: bool = False) -> bytes:
    """One OBU element; N is set where a sequence begins (AV1 RTP §4.4)."""
    return bytes((0x18 if key else 0x10,)) + b"\x30" + number.to_bytes(4, "big") + b"\x55" * 30


@dataclass(frozen=True)
class Template:
    """One of a dependency structure; indications as the specification draws them."""

    spatial: int
    temporal: int
    indications: str
    differences: tuple[int, ...] = ()
    chains: tuple[int, ...] = ()


L1T3 = (
    Template(0, 0, "SSS"),
    Template(0, 0, "SSS", (4,)),
    Template(0, 1, "-DS", (2,)),
    Template(0, 2, "--D", (1,)),
)
L2T2_KEY = (
    Template(0, 0, "SSSS"),
    Template(0, 0, "SS--", (4,)),
    Template(0, 1, "-D--", (2,)),
    Template(1, 0, "--SS", (1,)),
    Template(1, 0, "--SS", (4,)),
    Template(1, 1, "---D", (2,)),
)
L2T1 = (
    Template(0, 0, "SS", (), (0, 0)),
    Template(0, 0, "SR", (2,), (2, 1)),
    Template(1, 0, "-S", (1,), (1, 1)),
    Template(1, 0, "-S", (2, 1), (1, 1)),
)


def dependency(
    template: int,
    number: int,
    structure: tuple[Template, ...] = (),
    *,
    starts: bool = True,
    ends: bool = True,
    active: str = "",
) -> bytes:
    """A dependency descriptor (AV1 RTP A.8.2), with *structure* where it is given; *active* as
    bits of the decode targets, the highest first.
    """
    bits = f"{starts:b}{ends:b}{template:06b}{number & 0xFFFF:016b}"
    if structure or active:
        bits += f"{bool(structure):b}{bool(active):b}000"
    if structure:
        bits += _structure(structure)
    bits += active
    bits = bits.ljust((len(bits) + 7) // 8 * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _structure(templates: tuple[Template, ...]) -> str:
    targets = len(templates[0].indications)
    bits = f"{0:06b}{targets - 1:05b}"
    for here, after in zip(templates, (*templates[1:], None), strict=True):
        if after is None:
            bits += "11"
        elif after.spatial != here.spatial:
            bits += "10"
        else:
            bits += "01" if after.temporal != here.temporal else "00"
    for template in templates:
        bits += "".join(f"{'-DSR'.index(letter):02b}" for letter in template.indications)
    for template in templates:
        bits += "".join(f"1{difference - 1:04b}" for difference in template.differences) + "0"
    bits += _below(len(templates[0].chains), targets + 1)
    if templates[0].chains:
        bits += "".join(_below(target, len(templates[0].chains)) for target in range(targets))
        bits += "".join(f"{chain:04b}" for template in templates for chain in template.chains)
    return bits + "0"


def _below(value: int, limit: int) -> str:
    """ns(n) (AV1 bitstream specification §4.10.7)."""
    width = limit.bit_length()
    spare = (1 << width) - limit
    if value < spare:
        return f"{value:0{width - 1}b}" if width > 1 else ""
    return f"{value + spare:0{width}b}"


class Network:
    """Loses, repeats and reorders, the same way for the same seed."""

    def __init__(self, seed: int, *, lose: float, repeat: float, delay: float) -> None:
        self._random = random.Random(seed)
        self._lose = lose
        self._repeat = repeat
        self._delay = delay

    def carry(self, packets: list[bytes]) -> list[bytes]:
        """*packets* as they arrive."""
        arriving: list[tuple[int, int, bytes]] = []
        for index, data in enumerate(packets):
            if self._random.random() < self._lose:
                continue
            copies = 2 if self._random.random() < self._repeat else 1
            for _ in range(copies):
                late = self._random.randint(1, 12) if self._random.random() < self._delay else 0
                arriving.append((index + late, len(arriving), data))
        return [data for _, _, data in sorted(arriving)]
