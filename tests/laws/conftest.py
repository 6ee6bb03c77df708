"""What the laws look at: the tracked files of this repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("levelchat", "ingest", "packager", "edge", "cascade", "rooms")


def tracked(*suffixes: str) -> Iterator[Path]:
    """Files that git tracks, or would track, with one of *suffixes*."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listing.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def source_modules() -> list[Path]:
    """Every Python module of the kernel and the planes."""
    return [p for p in tracked(".py") if p.relative_to(ROOT).parts[0] in PACKAGES]


@pytest.fixture(scope="session")
def text_files() -> list[Path]:
    """Every tracked text that people or programs read, lock files left out."""
    binary = {".png", ".mp4", ".ico", ".webp"}
    locks = {"uv.lock", "package-lock.json"}
    return [p for p in tracked() if p.suffix not in binary and p.name not in locks]
