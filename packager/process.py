"""The process of one broadcast: `python -m packager.process SETTINGS OFFSET`.

Comes in: messages on standard input, which is a socket. Goes out: messages on the same socket. One
thread moves bytes; a second one owns the pipeline, so that decoding never keeps a part from
leaving. It ends after `Finish`, when the socket closes, and when anything fails: its supervisor
starts another.
"""

import asyncio
import os
import queue
import signal
import socket
import sys
import threading
import traceback

import av.logging
import msgspec

from levelchat.clock import Clock, SystemClock
from levelchat.media.codec import Kind
from levelchat.media.time import NANOSECOND
from levelchat.media.wire import (
    Close,
    Ended,
    Finish,
    Frame,
    FromProcess,
    Message,
    Open,
    Unpacker,
    pack,
)
from packager.pipeline import Pipeline
from packager.settings import PackagerSettings

READ_SIZE = 1 << 18
"""Bytes: a large key frame in a few reads."""

INBOX = 512
"""Messages that may wait for the pipeline: several seconds; beyond, the supervisor leaves out."""

INBOX_PAUSE_SECONDS = 0.02
"""Between two looks at a full inbox."""

MAX_WAIT_NS = 500_000_000
"""A video frame that waited longer than this for the decoder is not decoded (see `intake`)."""

MAX_UNSENT = 32 << 20
"""Bytes. A supervisor that lets this much lie does not read any more."""


class PackagerProcess:
    """Moves messages between the socket and the pipeline."""

    def __init__(self, settings: PackagerSettings, clock: Clock) -> None:
        self._clock = clock
        self._tick_ns = NANOSECOND // settings.frame_rate
        self._next_tick_ns = 0
        self._inbox: queue.SimpleQueue[tuple[int, Message]] = queue.SimpleQueue()
        self._pipeline = Pipeline(settings, self._emit)
        self._loop = asyncio.new_event_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._writer: asyncio.StreamWriter | None = None

    def run(self, link: socket.socket) -> None:
        """Runs until told to finish; raises what went wrong."""
        self._loop.run_until_complete(self._main(link))

    async def _main(self, link: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=link)
        self._writer = writer
        threading.Thread(target=self._drive, name="pipeline", daemon=True).start()
        reading = self._loop.create_task(self._read(reader))
        await asyncio.wait((reading, self._over), return_when=asyncio.FIRST_COMPLETED)
        (self._over if self._over.done() else reading).result()
        writer.close()
        await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        unpacker = Unpacker()
        while data := await reader.read(READ_SIZE):
            arrived_ns = self._clock.now_ns()
            for message in unpacker.feed(data):
                self._inbox.put((arrived_ns, message))
            # An event would have to be set from the other thread, once for every message.
            while self._inbox.qsize() > INBOX:  # noqa: ASYNC110 - see the line above
                await asyncio.sleep(INBOX_PAUSE_SECONDS)

    def _drive(self) -> None:
        """The pipeline's thread."""
        try:
            while self._step():
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must end by it
            self._loop.call_soon_threadsafe(self._end, error)
        else:
            self._loop.call_soon_threadsafe(self._end, None)

    def _step(self) -> bool:
        """One message, and a tick when it is time; false after the last one."""
        try:
            arrived_ns, message = self._inbox.get(timeout=self._tick_ns / NANOSECOND)
        except queue.Empty:
            pass
        else:
            if not self._handle(message, arrived_ns):
                return False
        now_ns = self._clock.now_ns()
        if now_ns >= self._next_tick_ns:
            self._next_tick_ns = now_ns + self._tick_ns
            self._pipeline.tick(now_ns)
        return True

    def _handle(self, message: Message, arrived_ns: int) -> bool:
        match message:
            case Frame():
                self._handle_frame(message, arrived_ns)
            case Open():
                self._pipeline.open(message.tracks)
            case Close():
                self._pipeline.close()
            case Finish():
                self._pipeline.finish()
                self._emit(Ended())
                return False
        return True

    def _handle_frame(self, message: Frame, arrived_ns: int) -> None:
        frame, now_ns = message.frame, self._clock.now_ns()
        if frame.codec.kind is Kind.VIDEO and now_ns - arrived_ns > MAX_WAIT_NS:
            self._pipeline.skip(frame, now_ns)
        else:
            self._pipeline.push(frame, arrived_ns)

    def _emit(self, message: FromProcess) -> None:
        self._loop.call_soon_threadsafe(self._send, pack(message))

    def _send(self, data: bytes) -> None:
        if self._writer is None or self._over.done():
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            self._end(BrokenPipeError("the supervisor does not read"))

    def _end(self, error: Exception | None) -> None:
        if self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)


def main() -> None:
    """Runs the process on its standard input."""
    settings = msgspec.json.decode(sys.argv[1], type=PackagerSettings)
    av.logging.set_level(av.logging.PANIC)
    # A service manager tells every process of the server to stop; ours is told by `Finish`, and
    # ends with its socket if nobody is left to say so.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    status = 0
    try:
        PackagerProcess(settings, SystemClock(int(sys.argv[2]))).run(socket.socket(fileno=0))
    except Exception:  # noqa: BLE001 - the last door
        traceback.print_exc()
        status = 1
    # Threads may still be inside libav; an orderly exit of the interpreter would wait for them.
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
