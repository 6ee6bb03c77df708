"""Tests mirror modules (law 12)."""

from pathlib import Path

THIN = {
    "__init__.py",
    "__main__.py",
    "cli.py",  # every command's test goes through it
    "clock.py",  # reads the clock and does nothing else
    "errors.py",  # trees of names; tests/laws/test_errors.py reads them
    "metrics.py",  # names; tests/laws/test_docs.py reads them
    "settings.py",  # shapes; tests/laws/test_docs.py reads them
    "seams.py",  # protocols
    "plane.py",  # protocols
}


def test_every_module_has_its_test(source_modules: list[Path], root: Path) -> None:
    """`levelchat/hls/render.py` is tested by `tests/levelchat/hls/test_render.py`."""
    missing = [
        str(path.relative_to(root))
        for path in source_modules
        if path.name not in THIN
        and not (
            root / "tests" / path.relative_to(root).parent / f"test_{path.name.lstrip('_')}"
        ).exists()
    ]

    assert missing == []
