"""The laws of a broadcast's process, on a real one."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest
from broadcast import AV, SECOND, SMALL, START_NS, merged, moved, parts, programs, sound, video

from levelchat.media.wire import Close, Ended, Finish, Frame, Message, Open, Unpacker, pack


@dataclass
class Running:
    """A process and our end of its socket."""

    process: subprocess.Popen[bytes]
    link: socket.socket
    unpacker: Unpacker = field(default_factory=Unpacker)

    def send(self, *messages: Message) -> None:
        self.link.sendall(b"".join(pack(message) for message in messages))

    def receive(self) -> list[Message]:
        """What it says next; nothing when it has gone."""
        data = self.link.recv(1 << 18)
        return self.unpacker.feed(data) if data else []

    def rest(self) -> list[Message]:
        """All it says until it closes the socket."""
        messages: list[Message] = []
        while more := self.receive():
            messages += more
        return messages


@pytest.fixture
def running() -> Iterator[Running]:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    settings = msgspec.json.encode(SMALL).decode()
    offset = str(time.time_ns() - time.monotonic_ns())
    command = [sys.executable, "-m", "packager.process", settings, offset]
    with ours, subprocess.Popen(command, stdin=theirs, stderr=subprocess.PIPE) as process:
        theirs.close()
        yield Running(process, ours)
        process.kill()


def _now_minus(duration_ns: int) -> int:
    """What must be added to the material's capture times."""
    return time.time_ns() - duration_ns - START_NS


def test_frames_in_and_parts_out(running: Running) -> None:
    """From `Open` to `Ended`: one program, its parts, and an exit without complaint."""
    running.send(Open(AV))
    # Two seconds that end in the middle of a part: at its end it would have gone out before anybody
    # knew that it is the last.
    part_ns = SMALL.part_ms * SECOND // 1000
    ahead_ns = 3 * part_ns // 2 - time.time_ns() % part_ns
    for frame in moved(merged(video(count=60), sound(100)), _now_minus(-ahead_ns)):
        time.sleep(max(0, frame.wall_ns - time.time_ns()) / SECOND)
        running.send(Frame(frame))
    running.send(Close("over"), Finish())
    messages = running.rest()

    (program,) = programs(messages)
    for rendition in program.renditions:
        listed = parts(messages, rendition.name)
        total = sum(part.duration for part in listed) / rendition.timescale
        assert 1.9 < total < 2.1
        assert listed[-1].last
    assert messages[-1] == Ended()
    assert running.process.wait(10) == 0
    assert running.process.stderr is not None
    assert running.process.stderr.read() == b""


def test_it_ends_with_its_supervisor(running: Running) -> None:
    """A process whose supervisor has died does not stay behind."""
    running.send(Open(AV))
    running.link.shutdown(socket.SHUT_WR)

    assert running.rest() == []
    assert running.process.wait(10) == 0


def test_what_is_no_message_ends_it(running: Running) -> None:
    """Garbage from the supervisor is a defect: it ends with a status and a traceback."""
    running.link.sendall(b"\x00\x00\x00\x04junk")
    running.rest()

    assert running.process.wait(10) == 1
    assert running.process.stderr is not None
    assert b"WireError" in running.process.stderr.read()


def test_a_service_managers_signal_is_left_to_the_supervisor(running: Running) -> None:
    """SIGTERM to the whole server does not cut a broadcast off before its drain."""
    running.send(Open(AV), Frame(moved(video(count=1), _now_minus(0))[0]))
    while not programs(running.receive()):
        pass
    running.process.terminate()
    running.send(Finish())

    assert running.rest()[-1] == Ended()
    assert running.process.wait(10) == 0
