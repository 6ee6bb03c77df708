"""Settings: defaults < `levelchat.toml` < environment < command line.

Comes in: a TOML file, an environment, overrides. Goes out: one frozen struct a section. A key
nobody knows, or a value of the wrong type, is a `SettingsError` that names it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from levelchat.errors import PeerError

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)

ENVIRONMENT_PREFIX = "LEVELCHAT_"
"""`LEVELCHAT_EDGE__WINDOW_SECONDS=60` sets `window_seconds` of section `edge`."""


class SettingsError(PeerError):
    """A setting is unknown or has a value that it cannot take."""

    code = "bad_setting"
    title = "Bad setting"


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `server`: the process itself."""

    host: str = "0.0.0.0"
    """Address that the ports of HTTP and WebRTC are bound to."""
    http_port: int = 8080
    """TCP port of HTTP."""
    udp_port: int = 8443
    """First UDP port of WebRTC; each further shard has the next one."""
    tcp_port: int = 0
    """TCP port of WebRTC, for peers whose UDP is blocked; 0: the number of `udp_port`, unless HTTP
    has that; -1: none."""
    shards: int = 0
    """UDP ports of WebRTC, each with a thread of its own in the native core; 0: one a processor,
    at most 8."""
    forwarding: Literal["auto", "native", "portable"] = "auto"
    """Forwarding core: `auto` takes the native one where it was built."""
    public_address: str = ""
    """IP address that WebRTC reaches this machine at, or several with commas between (IPv4 and
    IPv6); empty: this machine's own addresses."""
    data: str = "./data"
    """Folder of everything that is kept: keys, database, recordings."""
    planes: tuple[str, ...] = ("edge", "packager", "cascade", "ingest", "rooms")
    """Which planes this process runs."""
    log_format: str = "auto"
    """`json`, `console`, or `auto`: console on a terminal, else JSON."""
    nats: str = ""
    """URL of NATS, or several with commas between; empty: this process is alone."""
    node: str = ""
    """Name of this process among the others; empty: made up at each start."""
    region: str = ""
    """Where this process stands, as rooms' `region_hint` names it."""
    public_url: str = ""
    """URL that publishers and viewers reach this process at; empty: the one they asked."""
    jwks: str = ""
    """URL of the public keys to verify room tokens by, for a node without the data folder;
    empty: the keys under `data`."""
    uvloop: bool = True
    """Run on uvloop where it is installed."""


def webrtc_tcp_port(server: ServerSettings) -> int:
    """The TCP port of WebRTC; 0: any, -1: none."""
    if server.tcp_port:
        return server.tcp_port
    taken = server.udp_port and server.udp_port == server.http_port
    return -1 if taken else server.udp_port


class Settings:
    """The sections as written; each is checked when its owner asks for it."""

    def __init__(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        self._sections = sections

    def section(self, name: str, shape: type[SettingsT]) -> SettingsT:
        """The section *name* as *shape*."""
        try:
            return msgspec.convert(dict(self._sections.get(name, {})), shape, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"settings, section [{name}]: {error}") from error

    def names(self) -> set[str]:
        """The sections that somebody wrote something into."""
        return set(self._sections)


def load(
    file: Path | None,
    environment: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]],
) -> Settings:
    """Reads all three sources; *overrides* win, the environment comes next."""
    sections: dict[str, dict[str, Any]] = {}
    if file is not None:
        _merge(sections, _read_toml(file))
    _merge(sections, _from_environment(environment))
    _merge(sections, overrides)
    return Settings(sections)


def _merge(into: dict[str, dict[str, Any]], more: Mapping[str, Mapping[str, Any]]) -> None:
    for name, values in more.items():
        into.setdefault(name, {}).update(values)


def _read_toml(file: Path) -> dict[str, dict[str, Any]]:
    try:
        content = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error
    loose = [key for key, value in content.items() if not isinstance(value, dict)]
    if loose:
        raise SettingsError(f"{file}: {loose[0]!r} stands outside any [section]")
    return content


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for variable, value in environment.items():
        name, separator, key = variable.removeprefix(ENVIRONMENT_PREFIX).partition("__")
        if variable.startswith(ENVIRONMENT_PREFIX) and separator:
            sections.setdefault(name.lower(), {})[key.lower()] = _typed(value)
    return sections


def _typed(value: str) -> object:
    """A value that looks like a JSON list is one; everything else stays text for msgspec."""
    if value.startswith("["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value
