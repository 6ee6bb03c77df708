"""What no file may say, and what every module must."""

import ast
import re
from pathlib import Path

# Written in pieces so that this file does not contain what it forbids.
REGISTRY_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npm" + "js.com",
]
REGISTRY_HOSTS += ["deb." + "debian.org", "crates" + ".io", "proxy." + "golang.org"]
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/" + "home/"]
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "pytest.mark." + "xfail"]
UNFINISHED += ["pytest." + "skip", "pytest.mark." + "skip"]


def _with(words: list[str], files: list[Path]) -> list[str]:
    pattern = re.compile("|".join(map(re.escape, words)))
    return [
        f"{path}: {match.group()}"
        for path in files
        if (match := pattern.search(path.read_text(errors="replace")))
    ]


def test_no_registry_host_is_named(text_files: list[Path], root: Path) -> None:
    """No file names the host of a package registry, lock files included."""
    locks = [root / "uv.lock", root / "web" / "package-lock.json"]

    assert _with(REGISTRY_HOSTS, text_files + locks) == []


def test_no_machine_path_is_named(text_files: list[Path]) -> None:
    """No file names a folder that only one machine has."""
    assert _with(MACHINE_PATHS, text_files) == []


def test_nothing_is_left_unfinished(text_files: list[Path]) -> None:
    """There are no reminders of work left, and no test that is skipped."""
    code = [path for path in text_files if path.suffix in {".py", ".ts"}]

    assert _with(UNFINISHED, code) == []


def test_every_module_says_what_it_is(source_modules: list[Path]) -> None:
    """Every module begins with a docstring of at least one full sentence."""
    silent = [
        str(path)
        for path in source_modules
        if not (ast.get_docstring(ast.parse(path.read_text())) or "")
        .partition("\n\n")[0]
        .endswith(".")
    ]

    assert silent == []
