"""Writes the reference pages of docs/ from the code; with --check says which are out of date."""

import ast
import importlib
import inspect
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from prometheus_client import CollectorRegistry

from levelchat.cli import group
from levelchat.service import catalogue, planes

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTE = (
    "<!-- Written by scripts/docs.py from the code: change the code, then run `make docs`. -->\n"
)
ERRORS = (
    "levelchat.auth.errors",
    "levelchat.bus.errors",
    "levelchat.client.errors",
    "levelchat.commands.processes",
    "levelchat.commands.publish",
    "levelchat.rtc.errors",
    "levelchat.service.errors",
    "levelchat.service.server",
    "levelchat.service.settings",
)
"""Modules of the kernel with errors that people see."""


def configuration() -> Iterator[str]:
    """Every setting with its default and meaning."""
    yield "# Configuration\n"
    yield (
        "Defaults < `levelchat.toml` < environment < command line. "
        "`levelchat config` prints what is in force.\n"
    )
    yield (
        "A setting `edge.window_seconds` is `window_seconds` in section `[edge]` of the file, "
        "and `LEVELCHAT_EDGE__WINDOW_SECONDS` in the environment (lists as JSON).\n"
    )
    for section, shape in planes.sections().items():
        yield f"## {section}\n"
        yield f"{first_sentence(shape)}\n"
        yield "| setting | default | meaning |\n|---|---|---|"
        meanings = attribute_docs(shape)
        for field in msgspec.structs.fields(shape):
            default = msgspec.json.encode(default_of(field)).decode().replace("|", "\\|")
            meaning = meanings.get(field.name, "").replace("|", "\\|")
            yield f"| `{section}.{field.name}` | `{default}` | {meaning} |"
        yield ""


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """The field's default, made if it has a factory."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


def first_sentence(shape: type) -> str:
    """The docstring in one line."""
    return " ".join((shape.__doc__ or "").split())


def attribute_docs(shape: type) -> dict[str, str]:
    """The string below each attribute of a class."""
    tree = ast.parse(inspect.getsource(shape)).body[0]
    docs: dict[str, str] = {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for attribute, after in itertools.pairwise(body):
        if (
            isinstance(attribute, ast.AnnAssign)
            and isinstance(attribute.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            docs[attribute.target.id] = " ".join(str(after.value.value).split())
    return docs


def errors() -> Iterator[str]:
    """The catalogue of error codes."""
    for module in (*ERRORS, *(f"{plane}.errors" for plane in planes.NAMES)):
        importlib.import_module(module)
    yield "# Errors\n"
    yield (
        "Every error leaves as `application/problem+json` (RFC 9457): "
        "`{type, title, status, detail, code, request_id, instance}`. `detail` says what was "
        "wrong and what to do; a 422 adds `errors: [{path, message}]`, one for each wrong value. "
        "A WebSocket says the same `code`.\n"
    )
    yield "| code | status | title | cause | remedy | retry |\n|---|---|---|---|---|---|"
    for entry in catalogue.entries():
        cells = [str(cell).replace("|", "\\|") for cell in entry[1:]]
        yield f"| `{entry.code}` | {' | '.join(cells)} |"
    yield ""


def metrics() -> Iterator[str]:
    """Every metric of every plane."""
    yield "# Metrics\n"
    yield "`GET /metrics`, in the text format of Prometheus.\n"
    owners = {plane: f"{plane}.metrics" for plane in planes.NAMES}
    owners |= {"signal": "rooms.signal.metrics", "rtc": "levelchat.rtc.metrics"}
    owners |= {"bus": "levelchat.bus.metrics", "service": "levelchat.service.metrics"}
    for owner, name in owners.items():
        registry = CollectorRegistry()
        module = importlib.import_module(name)
        getattr(module, f"{owner.capitalize()}Metrics")(registry)
        yield f"## {owner}\n"
        yield "| metric | type | meaning |\n|---|---|---|"
        for family in sorted(registry.collect(), key=lambda family: family.name):
            suffix = "_total" if family.type == "counter" else ""
            yield f"| `{family.name}{suffix}` | {family.type} | {family.documentation} |"
        yield ""


def commands() -> Iterator[str]:
    """Every command with its help text."""
    yield "# Commands\n"
    root = click.Context(group, info_name="levelchat")
    yield from _help(group, root, "levelchat", level=2)


def _help(command: click.Command, context: click.Context, name: str, level: int) -> Iterator[str]:
    if level > 2 or not isinstance(command, click.Group):  # noqa: PLR2004 - the root has no page
        yield f"{'#' * (level - 1)} `{name}`\n"
        yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                inner = click.Context(found, info_name=child, parent=context)
                yield from _help(found, inner, f"{name} {child}", level + 1)


PAGES = {
    "configuration.md": configuration,
    "errors.md": errors,
    "metrics.md": metrics,
    "commands.md": commands,
}


def main() -> None:
    """Writes each page, or with --check exits with 1 when one differs."""
    stale = []
    for name, page in PAGES.items():
        text = NOTE + "\n".join(page()).rstrip() + "\n"
        file = DOCS / name
        if file.exists() and file.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            file.write_text(text)
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
