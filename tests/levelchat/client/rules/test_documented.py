"""The rules and their list belong together."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
RULE = re.compile(r'"((?:A|B)\d+(?:\.\d+b?)?)"')


def test_every_rule_that_can_be_broken_is_listed() -> None:
    """docs/llhls-rules.md has each id that a finding can name, and no other."""
    text = (ROOT / "docs" / "llhls-rules.md").read_text()
    listed = {
        rule
        for line in text.splitlines()
        if line.startswith(("| A", "| B"))
        for rule in line.split("|")[1].replace(",", " ").split()
    }
    sources = (ROOT / "levelchat" / "client" / "rules").glob("*.py")
    named = {rule for source in sources for rule in RULE.findall(source.read_text())}

    assert named == listed
