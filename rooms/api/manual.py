"""The readable page of the API at `/docs`, made from its OpenAPI document. Pure.

Comes in: the document. Goes out: HTML that needs no script.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

from rooms.api.pages import document

Json = dict[str, Any]
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\((/[^)]*)\)")


def page(api: Json) -> str:
    """The whole page."""
    return document("API", "".join(_body(api)))


def _body(api: Json) -> Iterator[str]:
    info = api["info"]
    yield f"<h1>{_text(info['title'])} API</h1>"
    for paragraph in info["description"].split("\n\n"):
        yield f"<p>{_text(paragraph)}</p>"
    yield (
        '<p><a href="/v1/openapi.json">OpenAPI 3.1 document</a> · '
        f'<a href="/docs/errors">Catalogue of errors</a> · version {_text(info["version"])}</p>'
    )
    yield "<h2>Who calls</h2><table><tr><th>by<th>how</tr>"
    for name, scheme in api["components"]["securitySchemes"].items():
        yield f"<tr><td><code>{_text(name)}</code><td>{_text(scheme['description'])}</tr>"
    yield "</table>"
    for tag in api["tags"]:
        yield f"<h2>{_text(tag['name'])}</h2>"
        for path, item in api["paths"].items():
            for method, operation in item.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(method, path, operation)
    yield "<h2>Structures</h2>"
    for name, schema in api["components"]["schemas"].items():
        yield from _schema(name, schema)


def _operation(method: str, path: str, operation: Json) -> Iterator[str]:
    yield (
        f'<details id="{_text(operation["operationId"])}"><summary>'
        f'<span class="method">{method.upper()}</span> <code>{_text(path)}</code> '
        f"{_text(operation['summary'])}</summary>"
    )
    if "description" in operation:
        yield f"<p>{_text(operation['description'])}</p>"
    by = " or ".join(
        f"<code>{_text(name)}</code>" for each in operation["security"] for name in each
    )
    yield f"<p>By {by or 'anybody'}.</p>"
    if operation.get("parameters"):
        yield "<table><tr><th>parameter<th>in<th>form<th>meaning</tr>"
        for parameter in operation["parameters"]:
            schema = parameter["schema"]
            meaning = parameter.get("description") or schema.get("description", "")
            yield (
                f"<tr><td><code>{_text(parameter['name'])}</code><td>{parameter['in']}"
                f"<td>{_form(schema)}<td>{_text(meaning)}</tr>"
            )
        yield "</table>"
    if "requestBody" in operation:
        yield f"<p>Body: {_content(operation['requestBody'])}</p>"
    yield "<table><tr><th>answer<th>what</tr>"
    for status, answer in operation["responses"].items():
        yield f"<tr><td>{status}<td>{_text(answer['description'])} {_content(answer)}</tr>"
    yield "</table></details>"


def _content(holder: Json) -> str:
    return " or ".join(
        f"<code>{_text(media_type)}</code> {_form(content['schema'])}"
        for media_type, content in holder.get("content", {}).items()
    )


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f'<section id="schema-{_text(name)}"><h3>{_text(name)}</h3>'
    yield f"<p>{_text(schema.get('description', ''))}</p><table><tr><th>field<th>form<th></tr>"
    required = schema.get("required", [])
    for field, described in schema.get("properties", {}).items():
        needed = "required" if field in required else ""
        yield f"<tr><td><code>{_text(field)}</code><td>{_form(described)}<td>{needed}</tr>"
    yield "</table></section>"


def _form(schema: Json) -> str:
    """What a value looks like, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{_text(name)}">{_text(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_form(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"<code>{_text(str(each))}</code>" for each in schema["enum"])
    kind = _text(str(schema.get("type", "anything")))
    if kind == "array":
        return f"list of {_form(schema.get('items', {}))}"
    limits = [
        f"{word} {_text(str(schema[key]))}" for key, word in _LIMITS.items() if key in schema
    ]
    return ", ".join([kind, *limits])


_LIMITS = {
    "minimum": "from",
    "maximum": "to",
    "maxLength": "length up to",
    "pattern": "like",
    "default": "else",
}


def _text(text: str) -> str:
    """Escaped; `code` and links of our own descriptions are marked up."""
    escaped = _CODE.sub(r"<code>\1</code>", html.escape(text))
    return _LINK.sub(r'<a href="\2">\1</a>', escaped)
