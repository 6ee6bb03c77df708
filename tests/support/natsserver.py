"""A real NATS server on a port of its own, that tests start, stop and start again."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from harness import free_port

PROGRAM = Path(sys.executable).with_name("nats-server")


class NatsServer:
    """`nats-server` at work; keeps nothing but who is connected."""

    def __init__(self) -> None:
        self.port = free_port(socket.SOCK_STREAM)
        self.url = f"nats://127.0.0.1:{self.port}"
        self._arguments: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it takes connections."""
        assert self._process is None
        self._process = subprocess.Popen(
            [str(PROGRAM), "--addr", "127.0.0.1", "--port", str(self.port), *self._arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None, "nats-server did not start"
            assert time.monotonic() < deadline, "nats-server takes no connections"
            time.sleep(0.01)

    def stop(self) -> None:
        """Goes away without a word to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """On the same port, with nothing remembered."""
        self.stop()
        self.start()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
