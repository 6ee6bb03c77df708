"""The documents say all there is, and their links lead on."""

import re
import subprocess
import sys
from pathlib import Path


def test_the_reference_pages_are_up_to_date(root: Path) -> None:
    """Settings, errors, metrics and commands in docs/ are those of the code."""
    done = subprocess.run(
        [sys.executable, "scripts/docs.py", "--check"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_every_setting_says_what_it_means(root: Path) -> None:
    """No row of docs/configuration.md has an empty meaning."""
    rows = (root / "docs" / "configuration.md").read_text().splitlines()

    assert [row for row in rows if row.startswith("| `") and row.endswith("|  |")] == []


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
