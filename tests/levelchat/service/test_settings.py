"""Laws of levelchat.service.settings."""

from pathlib import Path

import pytest

from levelchat.service.settings import (
    ServerSettings,
    Settings,
    SettingsError,
    load,
    webrtc_tcp_port,
)


def _server(settings: Settings) -> ServerSettings:
    return settings.section("server", ServerSettings)


def test_each_source_beats_the_one_before(tmp_path: Path) -> None:
    """Defaults < file < environment < command line."""
    file = tmp_path / "levelchat.toml"
    file.write_text('[server]\nhttp_port = 1\nudp_port = 2\ndata = "from-file"\n')
    environment = {"LEVELCHAT_SERVER__UDP_PORT": "3", "LEVELCHAT_SERVER__DATA": "from-env"}

    server = _server(load(file, environment, {"server": {"data": "from-line"}}))

    assert (server.host, server.http_port, server.udp_port, server.data) == (
        "0.0.0.0",
        1,
        3,
        "from-line",
    )


@pytest.mark.parametrize(
    ("tcp", "udp", "http", "expected"),
    [
        (0, 8443, 8080, 8443),
        (0, 0, 8080, 0),
        (0, 0, 0, 0),
        (0, 8080, 8080, -1),
        (443, 8443, 80, 443),
        (-1, 8443, 8080, -1),
    ],
)
def test_webrtc_over_tcp_is_beside_udp(tcp: int, udp: int, http: int, expected: int) -> None:
    """Unless said otherwise it has the number of the UDP port, which HTTP may need for itself."""
    server = ServerSettings(tcp_port=tcp, udp_port=udp, http_port=http)

    assert webrtc_tcp_port(server) == expected


def test_a_list_in_the_environment_is_json() -> None:
    """A value that begins with a bracket is read as a JSON list."""
    settings = load(None, {"LEVELCHAT_SERVER__PLANES": '["edge"]'}, {})

    assert _server(settings).planes == ("edge",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nhttp_prot = 1\n", "http_prot"),
        ('[server]\nhttp_port = "many"\n', "http_port"),
        ("http_port = 1\n", "http_port"),
        ("[server\n", "levelchat.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    """The error names the key or the file that is wrong."""
    file = tmp_path / "levelchat.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=named):
        _server(load(file, {}, {}))


def test_other_environment_variables_are_left_alone() -> None:
    """Only LEVELCHAT_SECTION__KEY is a setting."""
    settings = load(None, {"LEVELCHAT_TOKEN": "x", "PATH": "/", "SERVER__HTTP_PORT": "9"}, {})

    assert settings.names() == set()
