"""A foreign WHIP server as a process of its own, and what tests do with it."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

PEER = Path(__file__).with_name("whip_peer.py")


class WhipServer:
    """`whip_peer.py` at work."""

    def __init__(self, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PEER), str(port)], stdout=subprocess.PIPE
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/whip"

    def seen(self) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen", timeout=10) as answer:
            return json.load(answer)

    def refuse(self, status: int, problem: Any) -> None:
        self._put("refusal", [status, problem])

    def forget(self) -> None:
        """Begins anew."""
        self._put("refusal", None)
        self._put("seen", None)

    def until(self, condition: Callable[[Any], object], seconds: float = 20) -> Any:
        """What it has seen as soon as *condition* holds."""
        deadline = time.monotonic() + seconds
        while not condition(seen := self.seen()):
            assert time.monotonic() < deadline, {key: len(seen[key]) for key in seen}
            time.sleep(0.05)
        return seen

    def _put(self, name: str, value: Any) -> None:
        url = f"http://127.0.0.1:{self.port}/{name}"
        request = urllib.request.Request(url, json.dumps(value).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own URL

    def kill(self) -> None:
        """Goes away without a word to anybody."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
