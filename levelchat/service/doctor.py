"""Looks at the machine: codecs, ports, limits, parts that are built.

Comes in: the server's settings. Goes out: findings, each with a remedy where something is wrong.
It changes nothing: a port that it tried is free again.
"""

import importlib.util
import os
import resource
import shutil
import socket
from pathlib import Path
from typing import Literal

import av
import msgspec

from levelchat.rtc.forward import choose
from levelchat.rtc.settings import default_shards
from levelchat.service.settings import ServerSettings, webrtc_tcp_port

ENCODERS = ("libx264", "aac")
DECODERS = ("h264", "vp8", "vp9", "libdav1d", "libopus")
OPEN_FILES = 20_000
"""A viewer holds one connection and a machine of two cores serves about 10,000 of them."""
RECEIVE_BUFFER = 4 << 20
"""Bytes of UDP receive buffer: 100 ms of 300 Mbit/s."""
WEB_BUILD = Path(__file__).resolve().parents[2] / "web" / "dist" / "watch.html"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "warning", "missing"]
    found: str
    remedy: str = ""


def examine(settings: ServerSettings) -> list[Finding]:
    """Everything worth knowing before a broadcast."""
    return [
        _codecs("encoders", ENCODERS, "w"),
        _codecs("decoders", DECODERS, "r"),
        _forwarding_core(settings),
        _event_loop(),
        _port("HTTP port", socket.SOCK_STREAM, settings.host, settings.http_port, "--http-port"),
        _udp(settings),
        _webrtc_tcp(settings),
        _open_files(),
        _receive_buffer(),
        _data(Path(settings.data)),
        _web(),
        _browser(),
    ]


def _codecs(what: str, names: tuple[str, ...], mode: Literal["r", "w"]) -> Finding:
    missing = [name for name in names if not _has_codec(name, mode)]
    if missing:
        remedy = (
            "install the `av` wheel of the lock file (make python), not a distribution's build"
        )
        return Finding(what, "missing", f"no {', '.join(missing)}", remedy)
    return Finding(what, "ok", ", ".join(names))


def _has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    try:
        av.Codec(name, mode)
    except ValueError:
        return False
    return True


def _forwarding_core(settings: ServerSettings) -> Finding:
    reason = choose.why_not_native()
    if settings.forwarding == "portable":
        return Finding("forwarding core", "ok", "portable, as server.forwarding says")
    if not reason:
        return Finding("forwarding core", "ok", "native")
    remedy = "install levelchat again where there is a C compiler: four times the packets"
    if settings.forwarding == "native":
        return Finding(
            "forwarding core", "missing", f"server.forwarding asks for native: {reason}", remedy
        )
    return Finding("forwarding core", "warning", f"portable; native: {reason}", remedy)


def _event_loop() -> Finding:
    if importlib.util.find_spec("uvloop") is None:
        return Finding(
            "event loop", "warning", "asyncio", "pip install uvloop: twice the requests"
        )
    return Finding("event loop", "ok", "uvloop")


def _udp(settings: ServerSettings) -> Finding:
    first, count = settings.udp_port, settings.shards or default_shards()
    for port in range(first, first + (count if first else 1)):
        found = _port("UDP port", socket.SOCK_DGRAM, settings.host, port, "--udp-port")
        if found.state != "ok" or not first:
            return found
    return Finding("UDP port", "ok", f"{first} to {first + count - 1} are free")


def _webrtc_tcp(settings: ServerSettings) -> Finding:
    port = webrtc_tcp_port(settings)
    if port < 0:
        found = "off (server.tcp_port): peers whose UDP is blocked need TURN"
        return Finding("WebRTC TCP port", "ok", found)
    return _port("WebRTC TCP port", socket.SOCK_STREAM, settings.host, port, "server.tcp_port")


def _port(what: str, kind: socket.SocketKind, host: str, port: int, option: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            remedy = f"stop what uses it (a running levelchat?) or choose another with {option}"
            return Finding(what, "warning", f"{port}: {error.strerror}", remedy)
    return Finding(what, "ok", f"{port} is free")


def _open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft} (hard limit {hard})"
    if soft < OPEN_FILES:
        remedy = f"ulimit -n {OPEN_FILES}, or LimitNOFILE= in the service: one viewer, one file"
        return Finding("open files", "warning", found, remedy)
    return Finding("open files", "ok", found)


def _receive_buffer() -> Finding:
    limit = Path("/proc/sys/net/core/rmem_max")
    if not limit.exists():
        return Finding("UDP buffer", "ok", "no limit is shown on this system")
    found = int(limit.read_text())
    if found < RECEIVE_BUFFER:
        remedy = f"sysctl -w net.core.rmem_max={RECEIVE_BUFFER}: bursts are lost below that"
        return Finding("UDP buffer", "warning", f"{found} bytes", remedy)
    return Finding("UDP buffer", "ok", f"{found} bytes")


def _data(folder: Path) -> Finding:
    existing = next(
        path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
    )
    if not os.access(existing, os.W_OK):
        return Finding("data", "missing", f"{folder} cannot be written", "choose another: --data")
    free = shutil.disk_usage(existing).free >> 30
    return Finding("data", "ok", f"{folder} ({free} GiB free)")


def _web() -> Finding:
    if not WEB_BUILD.exists():
        return Finding("web pages", "missing", "not built", "make web")
    return Finding("web pages", "ok", "built")


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        return Finding("Chromium", "warning", "not found", "only tests need it: make browser")
    return Finding("Chromium", "ok", "found (used by tests only)")
