"""The documents say all there is: settings, metrics, errors, commands; and their links lead on."""

import importlib
import re
from pathlib import Path

import msgspec
import pytest

from levelchat.cli import COMMANDS
from levelchat.service import catalogue, planes

PLANES = planes.NAMES


def test_every_setting_is_documented(root: Path) -> None:
    """docs/configuration.md has each setting with its default."""
    text = (root / "docs" / "configuration.md").read_text()
    missing = [
        f"{section}.{field.name}"
        for section, shape in planes.sections().items()
        for field in msgspec.structs.fields(shape)
        if f"`{section}.{field.name}`" not in text
    ]

    assert missing == []


@pytest.mark.parametrize("plane", PLANES)
def test_every_metric_is_documented(root: Path, plane: str) -> None:
    """docs/metrics.md has each metric that a plane declares."""
    text = (root / "docs" / "metrics.md").read_text()
    source = (root / plane / "metrics.py").read_text()
    names = set(re.findall(r'"(levelchat_[a-z0-9_]+)"', source))

    assert names
    assert set() == {name for name in names if f"`{name}`" not in text}


def test_every_error_is_documented(root: Path) -> None:
    """docs/errors.md has each code with its status."""
    for module in (*(f"{plane}.errors" for plane in PLANES), "levelchat.auth.errors"):
        importlib.import_module(module)
    importlib.import_module("levelchat.service.server")
    text = (root / "docs" / "errors.md").read_text()
    ours = [e for e in catalogue.entries() if not e.code.startswith("test_")]

    assert [e for e in ours if f"| `{e.code}` | {e.status} |" not in text] == []


def test_every_command_is_documented(root: Path) -> None:
    """README or docs/commands.md shows each command."""
    text = (root / "docs" / "commands.md").read_text()

    assert [name for name in COMMANDS if f"`levelchat {name}" not in text] == []


def test_every_link_leads_somewhere(root: Path, text_files: list[Path]) -> None:
    """Each relative link in a document names a file of this repository."""
    broken = [
        f"{path.relative_to(root)}: {target}"
        for path in text_files
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert broken == []
