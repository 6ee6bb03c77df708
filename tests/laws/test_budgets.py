"""Modules and functions stay small: when one nears its budget, a noun is missing (law 10)."""

import ast
from pathlib import Path

MODULE_LINES = 400
FUNCTION_LINES = 40


def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text())
    return [
        (f"{path.name}:{node.name}", _length(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; the signature and the docstring are documentation, not code."""
    body = function.body
    if ast.get_docstring(function) and len(body) > 1:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_modules_have_at_most_400_lines(source_modules: list[Path], root: Path) -> None:
    """No module has more than 400 lines."""
    long = {
        str(path.relative_to(root)): lines
        for path in source_modules
        if (lines := len(path.read_text().splitlines())) > MODULE_LINES
    }

    assert long == {}


def test_functions_have_at_most_40_lines(source_modules: list[Path]) -> None:
    """No function's body has more than 40 lines."""
    long = [
        (name, lines)
        for path in source_modules
        for name, lines in _functions(path)
        if lines > FUNCTION_LINES
    ]

    assert long == []
