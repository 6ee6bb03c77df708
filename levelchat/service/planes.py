"""Finds planes by name, so that the kernel imports none of them.

A plane `p` is the package `p` with `p.app.create` and `p.settings.PSettings`.
"""

import importlib

import msgspec

from levelchat.service.plane import Context, Plane
from levelchat.service.settings import ServerSettings, Settings, SettingsError

NAMES = ("edge", "packager", "cascade", "ingest", "rooms")
"""In the order they are made: each finds in the seams what the ones before it offer."""

NEEDS_RTC = frozenset({"cascade", "ingest"})


def check(names: tuple[str, ...]) -> tuple[str, ...]:
    """*names* in the order of making; raises `SettingsError` for one that does not exist."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise SettingsError(f"no plane is called {unknown[0]!r}; there are: {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in names)


def create(name: str, context: Context) -> Plane:
    """The plane *name*, built from *context*."""
    plane: Plane = importlib.import_module(f"{name}.app").create(context)
    return plane


def sections() -> dict[str, type[msgspec.Struct]]:
    """Every section of the settings, with its shape."""
    shapes: dict[str, type[msgspec.Struct]] = {"server": ServerSettings}
    for name in NAMES:
        module = importlib.import_module(f"{name}.settings")
        shapes[name] = getattr(module, f"{name.capitalize()}Settings")
    return shapes


def refuse_unknown_sections(settings: Settings) -> None:
    """Raises `SettingsError` for a section that nobody reads: most likely a slip of the pen."""
    unknown = sorted(settings.names() - set(sections()))
    if unknown:
        known = ", ".join(sections())
        raise SettingsError(f"settings: there is no section [{unknown[0]}]; there are: {known}")
