"""Laws of levelchat.service.doctor."""

import socket
from pathlib import Path

from levelchat.service.doctor import examine
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


def test_each_finding_that_is_not_well_has_a_remedy(tmp_path: Path) -> None:
    """Nothing is only complained about."""
    for finding in examine(ServerSettings(data=str(tmp_path / "new"), http_port=0, udp_port=0)):
        assert finding.state == "ok" or finding.remedy
