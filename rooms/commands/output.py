"""What the administrative commands print: a table for people, JSON for programs.

Comes in: rows. Goes out: lines.
"""

import json
from collections.abc import Mapping, Sequence

import click

from rooms.model import Millis
from rooms.views import maybe_instant

Row = Mapping[str, object]


def times(created_at: Millis, revoked_at: Millis | None) -> dict[str, object]:
    """The columns that every row ends with."""
    return {"created_at": maybe_instant(created_at), "revoked_at": maybe_instant(revoked_at)}


def show(rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    """A list."""
    if as_json:
        click.echo(json.dumps(list(rows)))
        return
    if not rows:
        click.echo(empty)
        return
    texts = [{name: _text(value) for name, value in row.items()} for row in rows]
    widths = {name: max(len(name), *(len(row[name]) for row in texts)) for name in texts[0]}
    click.echo("  ".join(name.ljust(width) for name, width in widths.items()).rstrip())
    for row in texts:
        click.echo("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())


def done(row: Row, *, as_json: bool, sentence: str) -> None:
    """One thing that was done."""
    click.echo(json.dumps(row) if as_json else sentence)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return json.dumps(value) if isinstance(value, dict) else str(value)
