"""Laws of the demo's nodes; that they forward is tested end to end."""

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from levelchat.clock import SystemClock
from levelchat.commands.demo_nodes import start_nats, start_relays


def test_nats_is_there_while_the_demo_runs(tmp_path: Path) -> None:
    """It takes connections, and ends with the demo; without relays to start none are."""
    with ExitStack() as stack:
        process, url = start_nats(stack)
        where = urlsplit(url)
        assert process.poll() is None
        reached = False
        while not reached:
            with socket.socket() as probe:
                reached = probe.connect_ex((where.hostname, where.port)) == 0

        assert start_relays(stack, SystemClock(), tmp_path, url, []) == []

    assert process.poll() is not None
