"""A server and its users as processes on two ends of a bad cable."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netclient
import pytest
from counterkit import RATE
from harness import free_port, stop
from netns import FAR, NEAR, Cable, cable

from levelchat.auth import keys, token
from levelchat.auth.capability import Capability

ROOM = "r_cable"
CLIENT = Path(netclient.__file__)
SECONDS = 60
FEW = netclient.PICTURES // 10


@contextlib.contextmanager
def serving(cable: Cable | None, data: Path) -> Iterator[str]:
    """The URL of a server at the near end; on loopback without a cable."""
    host, http = NEAR if cable else "127.0.0.1", free_port(socket.SOCK_STREAM)
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(cable.near if cable else ()),
                *(sys.executable, "-m", "levelchat", "serve", "--data", str(data)),
                *("--planes", "cascade,ingest", "--host", host),
                *("--http-port", str(http), "--udp-port", "0"),
            ],
            stderr=log,
            env=os.environ | {"LEVELCHAT_SERVER__SHARDS": "1"},
        )
    try:
        yield f"http://{host}:{http}"
    finally:
        assert stop(process) == 0


@contextlib.contextmanager
def using(cable: Cable | None, data: Path, base: str) -> Iterator[subprocess.Popen[str]]:
    """A publisher and a subscriber at the far end."""
    tokens = [
        token.mint(
            keys.load_or_create(data),
            room=ROOM,
            identity=identity,
            capabilities=(capability,),
            now=int(time.time()),
        )
        for identity, capability in (
            ("anna", Capability.PUBLISH_CAMERA),
            ("ben", Capability.SUBSCRIBE_ALL),
        )
    ]
    process = subprocess.Popen(
        [
            *(cable.far if cable else ()),
            *(sys.executable, str(CLIENT), FAR if cable else "127.0.0.1", base, ROOM, *tokens),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def seen_by(users: subprocess.Popen[str], cable: Cable | None) -> tuple[str, dict[str, Any]]:
    """How the network was made bad, and what came of it."""
    assert users.stdout is not None
    if users.stdout.readline() != "flowing\n":
        pytest.fail(f"no pictures: {users.communicate(timeout=SECONDS)[1]}")
    why_no_netem = cable.impair() if cable else "there is no cable"
    output, errors = users.communicate("relay\n" if why_no_netem else "netem\n", timeout=SECONDS)
    assert users.returncode == 0, errors
    how = f"simulated, for want of netem: {why_no_netem}" if why_no_netem else "netem"
    return how, json.loads(output)


def test_pictures_survive_a_bad_cable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost, late, overtaken and doubled both ways, pictures are shown: by the kernel's netem between
    two network namespaces, and where the machine has not got these by a simulated network.
    """
    with cable() as laid:
        there = laid if isinstance(laid, Cable) else None
        with serving(there, tmp_path) as base, using(there, tmp_path, base) as users:
            how, seen = seen_by(users, there)
    with capsys.disabled():
        sys.stdout.write(f"\n{'two namespaces' if there else laid}; {how}; {seen}\n")

    assert seen["missing"] <= FEW
    assert seen["unreadable"] <= FEW
    assert seen["behind"] < 2 * RATE
    assert all(seen[name] > 0 for name in netclient.COUNTERS)
