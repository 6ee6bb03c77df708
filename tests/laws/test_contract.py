"""docs/contract.md says of each line of the contract which test keeps it, and tells the truth."""

import ast
import re
from pathlib import Path

import pytest

ROW = re.compile(r"^\| (§\d+) \| (.+?) \| (.+?) \|$")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
SECTIONS = 11


def _rows(root: Path) -> list[tuple[str, str, str]]:
    lines = (root / "docs" / "contract.md").read_text().splitlines()
    return [match.groups() for line in lines if (match := ROW.match(line))]  # type: ignore[misc]


def _tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_line_has_a_test_or_is_later(root: Path) -> None:
    """No line of the contract is neither kept nor marked."""
    bare = [
        line for _, line, kept in _rows(root) if not TEST.search(kept) and "later:" not in kept
    ]

    assert bare == []


def test_every_test_that_is_named_exists(root: Path) -> None:
    """The page names no test that is not there."""
    missing = [
        f"{file}::{name}"
        for _, _, kept in _rows(root)
        for file, name in TEST.findall(kept)
        if not (root / file).exists() or name not in _tests(root / file)
    ]

    assert missing == []


@pytest.mark.parametrize("section", range(1, SECTIONS + 1))
def test_every_section_is_there(root: Path, section: int) -> None:
    """All of the contract's sections are on the page."""
    assert any(row[0] == f"§{section}" for row in _rows(root))
