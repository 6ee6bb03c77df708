"""Garbage for a UDP port: every protocol that is demultiplexed there, broken in its own way.

Comes in: an address, how many datagrams, how many a second. Goes out: those datagrams, the same
ones each time. It listens to no answer.
"""

import random
import socket
import struct
import time
import zlib
from collections.abc import Iterator

import click
import msgspec

from levelchat.clock import SystemClock
from levelchat.media.time import NANOSECOND

VARIETY = 4096
"""Different datagrams; the flood repeats them, because making one takes longer than sending it."""
BATCH = 100
"""Datagrams between two looks at the clock."""

_COOKIE = 0x2112A442
_FINGERPRINT_XOR = 0x5354554E


class Flood(msgspec.Struct, frozen=True):
    """What was sent."""

    datagrams: int
    seconds: float


def garbage(seed: int) -> Iterator[bytes]:
    """STUN, DTLS, RTP, RTCP and noise: well-formed up to the point where it matters."""
    rng = random.Random(seed)  # noqa: S311 - repeatable garbage
    while True:
        noise = rng.randbytes(rng.randrange(0, 300))
        yield noise
        yield bytes([rng.randrange(4)]) + noise
        yield _header(noise[: len(noise) // 4 * 4], bytes(12))
        yield _check(rng)
        yield b"\x16\xfe\xfd" + noise
        yield bytes([rng.randrange(20, 64)]) + noise
        yield b"\x80\x60" + noise
        yield b"\x80" + bytes([rng.randrange(192, 224)]) + noise


def _header(body: bytes, transaction: bytes, more: int = 0) -> bytes:
    """A Binding request whose length counts *more* bytes that will follow."""
    return struct.pack("!HHI", 1, len(body) + more, _COOKIE) + transaction + body


def _check(rng: random.Random) -> bytes:
    """A connectivity check that is right but for its password."""
    name = rng.randbytes(4).hex().encode() + b":abcd"
    body = struct.pack("!HH", 0x0006, len(name)) + name + bytes(-len(name) % 4)
    body += struct.pack("!HH", 0x0008, 20) + rng.randbytes(20)
    message = _header(body, rng.randbytes(12), more=8)
    return message + struct.pack("!HHI", 0x8028, 4, zlib.crc32(message) ^ _FINGERPRINT_XOR)


def flood(address: tuple[str, int], datagrams: int, rate: int) -> Flood:
    """Sends from one socket, *rate* a second; 0: as fast as it goes."""
    source = garbage(7)
    pieces = [next(source) for _ in range(VARIETY)]
    clock = SystemClock()
    begun = clock.monotonic_ns()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for index in range(datagrams):
            sender.sendto(pieces[index % VARIETY], address)
            if rate and index % BATCH == 0:
                ahead = index / rate - (clock.monotonic_ns() - begun) / NANOSECOND
                time.sleep(max(ahead, 0))
    return Flood(datagrams, (clock.monotonic_ns() - begun) / NANOSECOND)


@click.command()
@click.argument("host")
@click.argument("port", type=int)
@click.argument("datagrams", type=int)
@click.argument("rate", type=int)
def command(host: str, port: int, datagrams: int, rate: int) -> None:
    """Flood HOST:PORT; prints what was sent as JSON."""
    click.echo(msgspec.json.encode(flood((host, port), datagrams, rate)).decode())


if __name__ == "__main__":
    command()
