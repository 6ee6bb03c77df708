"""What a plane is to the process that runs it.

Each plane package has an `app.py` with `create(context) -> Plane`. Planes are created in the
order edge, packager, cascade, ingest; each puts what it offers into `context.seams` and takes from
there what it needs. Construction has no side effects; `run` does the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry

from levelchat.auth.keys import TokenKeys
from levelchat.auth.verifier import TokenVerifier
from levelchat.bus.directory import Directory
from levelchat.bus.directory_local import LocalDirectory
from levelchat.bus.local import LocalBus
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from levelchat.media.seams import FrameSink, ProgramSink, StageSink
from levelchat.service import node
from levelchat.service.node import Leases, Node
from levelchat.service.presence import Presence
from levelchat.service.settings import ServerSettings

if TYPE_CHECKING:
    from levelchat.rtc.endpoint import RtcEndpoint

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class Plane(Protocol):
    """One plane, constructed and wired, ready to run."""

    name: str

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What it serves on the process's one HTTP port."""

    async def run(self) -> None:
        """Owns the plane's tasks until cancelled."""

    async def drain(self) -> None:
        """Takes nothing new and brings what runs to its end; returns within 5 s."""

    def unready(self) -> list[str]:
        """Why `/readyz` must say no; empty when all is well."""


class SettingsSource(Protocol):
    """Gives each plane its own section of what is in force."""

    def section(self, name: str, shape: type[SettingsT]) -> SettingsT:
        """The section *name* as *shape*; raises `SettingsError` that names the wrong key."""


@dataclass
class Seams:
    """What planes of one process offer each other; None where the plane is not in it."""

    programs: ProgramSink | None = None
    frames: FrameSink | None = None
    stage: StageSink | None = None


@dataclass
class Context:
    """Everything a plane is built from."""

    clock: Clock
    settings: SettingsSource
    metrics: CollectorRegistry
    keys: TokenKeys
    data: Path
    rtc: "RtcEndpoint | None" = None
    """The process's one UDP port; None when no plane in it speaks WebRTC."""
    seams: Seams = field(default_factory=Seams)
    bus: Bus = field(default_factory=LocalBus)
    nodes: Directory | None = None
    """What nodes write down for each other; None: there are no others."""
    directory: Directory = field(init=False)
    """`nodes`, or one that only this process reads."""
    node: Node = field(init=False)
    """Which node this process is."""
    verifier: TokenVerifier = field(init=False)
    """The process's one: it knows what was revoked."""
    presence: Presence = field(init=False)
    """Where planes say who comes and goes."""
    leases: Leases = field(init=False)
    """Where planes say how full they are."""

    def __post_init__(self) -> None:
        server = self.settings.section("server", ServerSettings)
        self.directory = self.nodes or LocalDirectory(self.clock)
        self.node = node.of(server)
        self.verifier = TokenVerifier(self.keys)
        self.presence = Presence(
            self.bus,
            self.verifier.revocations,
            self.clock,
            self.node.name,
            expects_rooms="rooms" in server.planes or bool(server.nats),
        )
        self.leases = Leases(self.bus, self.node, self.clock)
