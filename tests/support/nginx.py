"""A real nginx with our own configuration, in front of a real server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import harness

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "levelchat.conf"
SECRET = "a-secret-of-two"

_MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/levelchat.conf;
}}
"""


@dataclass
class Nginx:
    """It runs."""

    base: str
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "levelchat.log").read_text()


def program() -> str:
    """Where it is; a failure that says what to do."""
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    assert found, "nginx is missing: run `make browser`"
    return found


@contextmanager
def running(folder: Path, upstream: str, **changes: str) -> Iterator[Nginx]:
    """Nginx in front of *upstream* (`host:port`); *changes* replace text of the configuration."""
    port = harness.free_port(harness.socket.SOCK_STREAM)
    written = CONFIGURATION.read_text()
    usual = {
        "127.0.0.1:8080": upstream,
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/var/cache/nginx": str(folder),
        "/var/log/nginx": str(folder),
        "CHANGE-ME": SECRET,
    }
    for old, new in (usual | changes).items():
        assert old in written, f"the configuration has no {old}"
        written = written.replace(old, new)
    (folder / "levelchat.conf").write_text(written)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
    process = subprocess.Popen(
        [
            program(),
            *("-p", folder),
            *("-e", folder / "error.log"),
            *("-c", folder / "nginx.conf"),
        ],
        stderr=subprocess.PIPE,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        harness.until(
            lambda: process.poll() is not None or harness.fetch(f"{base}/live/nothing")[0] == 404,
            10,
            "nginx being ready",
        )
        assert process.poll() is None, (folder / "error.log").read_text()
        yield Nginx(base, folder)
    finally:
        process.terminate()
        process.wait(10)
        if process.stderr is not None:
            process.stderr.close()
