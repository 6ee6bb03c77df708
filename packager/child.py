"""A packager's process as its supervisor sees it.

Comes in: messages for it, and its settings. Goes out: its messages, and its end. It never decides
anything.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

import msgspec

from levelchat.media.wire import Message, ToProcess, Unpacker, WireError, pack
from packager.settings import PackagerSettings

READ_SIZE = 1 << 18
"""Bytes: the parts of all renditions in a few reads."""


class Child:
    """One operating-system process; `start` makes it, `stop` ends it whatever it does."""

    def __init__(self, settings: PackagerSettings, clock_offset_ns: int) -> None:
        self._settings = settings
        self._clock_offset_ns = clock_offset_ns
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        """Starts the process; it may still be importing when this returns."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "packager.process",
                msgspec.json.encode(self._settings).decode(),
                str(self._clock_offset_ns),
                stdin=theirs.fileno(),
                # A terminal's Ctrl-C is for the server, which then drains.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def waiting(self) -> int:
        """Bytes sent that the process has not taken yet."""
        return self._writer.transport.get_write_buffer_size() if self._writer else 0

    def send(self, message: ToProcess) -> int:
        """Hands *message* over; the bytes it takes."""
        data = pack(message)
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)
        return len(data)

    async def messages(self) -> AsyncIterator[Message]:
        """What it says, until it ends or says what nobody understands."""
        unpacker = Unpacker()
        with contextlib.suppress(ConnectionError, WireError):
            while self._reader is not None and (data := await self._reader.read(READ_SIZE)):
                for message in unpacker.feed(data):
                    yield message

    def kill(self) -> None:
        """Ends it at once."""
        if self._process is not None and self._process.returncode is None:
            # Not Process.kill: it reaps a process that is dead already, and its status is lost.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def stop(self) -> int:
        """Ends it if it still runs; its exit status, negative for a signal."""
        if self._writer is not None:
            self._writer.close()
        if self._process is None:
            return 0
        self.kill()
        return await self._process.wait()
