"""Laws of levelchat.rtc.native.forwarder; those that every core keeps are in rtc/forward."""

import asyncio
import contextlib
import gc
import resource
import socket
import threading
import weakref
from pathlib import Path

import pytest
from forwardkit import Pushing, Recorder, bound_socket, clock, h264, running, session, until

from levelchat.media.codec import Codec
from levelchat.rtc.forward import seams
from levelchat.rtc.native import NativeForwarder
from levelchat.rtc.native._core import LIMITS, Core


def test_the_limits_are_those_of_the_seams() -> None:
    """What C and Python count by is the same."""
    assert {name: getattr(seams, name) for name in LIMITS} == LIMITS


async def test_a_shard_is_a_thread() -> None:
    """One for each socket, and none when it is closed."""
    before = threading.active_count()
    async with running(NativeForwarder(clock()), shards=3) as kit:
        assert _threads() == 3
        await kit.settle()
    assert _threads() == 0
    # Python does not know of them, so that none waits for its lock.
    assert threading.active_count() == before


def _threads() -> int:
    names = Path("/proc/self/task").glob("*/comm")
    return sum(name.read_text().startswith("forward-") for name in names)


async def test_what_waits_is_read_without_sleep() -> None:
    """A shard with more to read than it takes at once goes on: sleep would lose what comes."""
    count, at_once = 64 * 8, 64
    core, sock, sender = NativeForwarder(clock()), bound_socket(), bound_socket()
    with contextlib.closing(sock), contextlib.closing(sender):
        for _ in range(count):
            sender.sendto(b"\x80 of a stranger", sock.getsockname())
        core.open([sock], Recorder())
        with contextlib.closing(core):
            await until(lambda: core.totals().unknown == count)
            assert _sleeps() < count // at_once // 2


def _sleeps() -> int:
    """How often the threads of shards gave their processor back by themselves."""
    return sum(
        int(line.split()[1])
        for task in Path("/proc/self/task").iterdir()
        if (task / "comm").read_text().startswith("forward-")
        for line in (task / "status").read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches")
    )


async def test_packets_cross_shards() -> None:
    """A viewer on another shard than the publisher sees the same packets, those before too."""
    async with running(NativeForwarder(clock()), shards=3) as kit:
        source = Pushing(kit)
        for number in range(5):
            source.push(number, 90 * number, h264(number, key=not number), number)
        viewers = [kit.peer(shard) for shard in (0, 1, 2)]
        for viewer in viewers:
            kit.select(kit.outlet(viewer), source.number, replay=True)
        for number in range(5, 12):
            source.push(number, 90 * number, h264(number), number)
        await until(lambda: all(len(viewer.received) == 12 for viewer in viewers))

        sent = [[(p.sequence, p.timestamp, p.payload) for p in v.received] for v in viewers]
        assert sent[0] == [(n, 90 * n, h264(n, key=not n)) for n in range(12)]
        assert sent[1] == sent[2] == sent[0]


def _resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def test_a_subscriber_is_small() -> None:
    """Keys, video and audio of one take a fraction of what is allowed: history belongs to sources."""
    async with running(NativeForwarder(clock())) as kit:
        sources = [Pushing(kit, codec) for codec in (Codec.VP8, Codec.OPUS)]
        await kit.settle()
        before, count = _resident_bytes(), 400
        for _ in range(count):
            number = kit.numbers.next()
            rx, tx = session(bytes(28), inbound=True), session(bytes(28), inbound=False)
            kit.forwarder.open_route(number, 0, rx, tx, "c")
            kit.forwarder.aim(number, kit.sockets[0].getsockname())
            for ssrc, source in enumerate(sources, start=1):
                outlet, is_video = kit.numbers.next(), ssrc == 1
                config = seams.OutletConfig(ssrc, 90_000, is_video)
                kit.forwarder.open_outlet(outlet, number, config)
                kit.select(outlet, source.number, at_once=True)
        await kit.settle()

        assert (_resident_bytes() - before) / count < 40 << 10


async def test_sessions_live_as_long_as_a_shard_uses_them() -> None:
    """Python may forget an SRTP session at once; the core lets go of it when it is replaced."""
    async with running(NativeForwarder(clock())) as kit:
        first = session(bytes(28), inbound=True)
        ends = weakref.ref(first)
        other = session(bytes(28), inbound=False)
        kit.forwarder.open_route(77, 0, first, other, "c")
        del first
        await kit.settle()
        gc.collect()
        assert ends() is not None
        kit.forwarder.open_route(77, 0, session(bytes(28), inbound=True), other, "c")
        await until(lambda: ends() is None)


async def test_one_event_that_raises_takes_no_other_with_it() -> None:
    """What is told after it is told all the same."""

    class Raising(Recorder):
        def on_stray(self, route: int, packet: bytes, now_ns: int) -> None:
            super().on_stray(route, packet, now_ns)
            raise ValueError("of the owner")

    caught: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: caught.append(what))
    events, core, sock = Raising(), NativeForwarder(clock()), bound_socket()
    core.open([sock], events)
    try:
        rx = session(bytes(28), inbound=True)
        tx = session(bytes(28), inbound=False)
        core.open_route(1, 0, rx, tx, "c")
        sender = session(bytes(28), inbound=False)
        for number in range(3):
            packet = b"\x80\x60" + number.to_bytes(2, "big") + bytes(8) + b"payload"
            core.deliver(1, sender.protect(packet), 0)
        await until(lambda: len(events.strays) == 3)
        assert len(caught) == 3
    finally:
        core.close()
        sock.close()


async def test_closed_it_takes_every_call() -> None:
    """After `close`, and before `open`, nothing happens and all counts are zero."""
    core = NativeForwarder(clock())
    for _ in range(2):
        core.close_route(1)
        core.push(1, b"abc", 0)
        core.send(0, b"abc", ("127.0.0.1", 9))
        core.select(1, seams.Selection(source=1))
        assert core.totals() == seams.Totals()
        assert core.source_stats(1) == seams.SourceStats()
        core.close()


def test_a_core_is_opened_with_sockets() -> None:
    """None, or too many, or what is no socket, is refused."""
    core = Core(0, (1, 1, 1, 1))
    for wrong in ([], list(range(100))):
        with pytest.raises(ValueError, match="sockets"):
            core.open(wrong)
    with pytest.raises(OSError, match="Bad file"):
        core.open([-1])
    with pytest.raises(TypeError):
        core.open(["no"])  # type: ignore[list-item]


async def test_addresses_of_both_families() -> None:
    """A viewer behind IPv4 is reached from a socket of IPv6, by whichever way it is written."""
    core, events = NativeForwarder(clock()), Recorder()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setblocking(False)
        sock.bind(("::", 0))
        core.open([sock], events)
        viewer = bound_socket()
        try:
            viewer.sendto(b"\x00hello", ("127.0.0.1", sock.getsockname()[1]))
            await until(lambda: len(events.datagrams) == 1)
            _, datagram, address = events.datagrams[0]
            assert (datagram, address[0]) == (b"\x00hello", "::ffff:127.0.0.1")
            for written in (address, ("127.0.0.1", address[1])):
                core.send(0, b"\x01answer", written)
                await until(lambda: _read(viewer) == b"\x01answer")
        finally:
            core.close()
            viewer.close()


def _read(sock: socket.socket) -> bytes:
    try:
        return sock.recv(100)
    except BlockingIOError:
        return b""
