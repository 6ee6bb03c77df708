"""Laws of levelchat.service.doctor."""

import socket
from pathlib import Path
from typing import Literal

from levelchat.rtc.forward import choose
from levelchat.service.doctor import Finding, examine
from levelchat.service.settings import ServerSettings


def test_the_locked_codecs_are_found(tmp_path: Path) -> None:
    """The wheel of the lock file has every codec that we use."""
    found = {
        f.what: f for f in examine(ServerSettings(data=str(tmp_path), http_port=0, udp_port=0))
    }

    assert found["encoders"].state == "ok"
    assert found["decoders"].state == "ok"


def test_a_port_in_use_is_told_with_its_remedy(tmp_path: Path) -> None:
    """A port that somebody listens on is named together with the option that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = ServerSettings(host="127.0.0.1", data=str(tmp_path), http_port=port, udp_port=0)
        finding = next(f for f in examine(settings) if f.what == "HTTP port")

    assert finding.state == "warning"
    assert "--http-port" in finding.remedy


def test_the_tcp_port_of_webrtc_is_looked_at(tmp_path: Path) -> None:
    """In use it is named with the setting that changes it; switched off it is said to be."""

    def finding(port: int) -> Finding:
        settings = ServerSettings(
            host="127.0.0.1", data=str(tmp_path), http_port=0, udp_port=0, tcp_port=port
        )
        return next(f for f in examine(settings) if f.what == "WebRTC TCP port")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        in_use = finding(taken.getsockname()[1])

    assert (in_use.state, "server.tcp_port" in in_use.remedy) == ("warning", True)
    assert finding(0).state == "ok"
    assert finding(-1).found.startswith("off")


def test_the_ports_of_all_shards_are_looked_at(tmp_path: Path) -> None:
    """One that is taken above the first is told, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        def finding(shards: int) -> Finding:
            settings = ServerSettings(
                host="127.0.0.1", data=str(tmp_path), udp_port=port - 1, shards=shards
            )
            return next(f for f in examine(settings) if f.what == "UDP port")

        assert finding(1).state == "ok"
        assert finding(2).found.startswith(f"{port}:")


def test_ports_are_tried_on_ipv6_too(tmp_path: Path) -> None:
    """A host of IPv6 is no fault of the ports."""
    settings = ServerSettings(host="::1", data=str(tmp_path), http_port=0, udp_port=0)

    ports = [finding for finding in examine(settings) if "port" in finding.what]

    assert [finding.state for finding in ports] == ["ok"] * 3


def test_the_forwarding_core_is_named(tmp_path: Path) -> None:
    """The one that runs, and why it is not the native one."""

    def finding(core: Literal["auto", "native", "portable"]) -> Finding:
        settings = ServerSettings(data=str(tmp_path), http_port=0, udp_port=0, forwarding=core)
        return next(f for f in examine(settings) if f.what == "forwarding core")

    assert finding("portable") == Finding(
        "forwarding core", "ok", "portable, as server.forwarding says"
    )
    reason = choose.why_not_native()
    for core in ("auto", "native"):
        assert finding(core).found == "native" or reason in finding(core).found


def test_each_finding_that_is_not_well_has_a_remedy(tmp_path: Path) -> None:
    """Nothing is only complained about."""
    for finding in examine(ServerSettings(data=str(tmp_path / "new"), http_port=0, udp_port=0)):
        assert finding.state == "ok" or finding.remedy
