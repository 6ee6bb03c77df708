"""Reads the body of a request that should be JSON, and says all that is wrong with it.

Comes in: a request, and the struct it should become. Goes out: the struct, or an error that
names each wrong value, after bounded bytes, time and nesting.
"""

import asyncio
import re
from typing import Any

import msgspec
from aiohttp import web

from rooms.errors import (
    BodyTooLarge,
    BodyTooSlow,
    Flaw,
    InvalidRequest,
    MalformedBody,
    WrongContentType,
)

MAX_DEPTH = 32
"""Objects and arrays inside each other; a room's whole `config` has 3."""
JSON = "application/json"
_CLOSE = {"Connection": "close"}


_AT = re.compile(r"(?P<message>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_INDEX = re.compile(r"\[(\d+)\]")
_FIELD = re.compile(
    r"Object (?:missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL
)
# Also one that never ends: a search that failed at each quote would take quadratic time.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def read(request: web.Request, limit: int, seconds: float) -> bytes:
    """The body: JSON in UTF-8 of at most *limit* bytes that came within *seconds*."""
    if not request.body_exists:
        return b""
    require_json(request)
    return await _bounded(request, limit, seconds)


def require_json(request: web.Request) -> None:
    """Raises `WrongContentType` for a body that says that it is something else."""
    charset = (request.charset or "utf-8").lower()
    if request.content_type != JSON or charset not in ("utf-8", "utf8"):
        raise WrongContentType("the body must be sent as Content-Type: application/json")


async def _bounded(request: web.Request, limit: int, seconds: float) -> bytes:
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.content.is_eof():
        # All of it came with the headers, as small bodies do.
        whole = request.content.read_nowait()
        if len(whole) > limit:
            raise _too_large(limit)
        return whole
    try:
        async with asyncio.timeout(seconds):
            body = bytearray()
            while piece := await request.content.readany():
                body += piece
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        raise BodyTooSlow(
            f"the body must be here within {seconds:.0f} s", headers=_CLOSE
        ) from error
    return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"a body has at most {limit} bytes here", headers=_CLOSE)


class Reader:
    """Turns bytes into one struct; made once for each route."""

    def __init__(self, shape: type[msgspec.Struct], *, optional: bool = False) -> None:
        self._shape = shape
        self._optional = optional
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape)

    def decode(self, body: bytes) -> Any:  # noqa: ANN401 - the struct of the route
        """The struct; raises `MalformedBody` or `InvalidRequest`."""
        if not body:
            if not self._optional:
                raise MalformedBody("a JSON object is needed as the body")
            body = b"{}"
        refuse_unspeakable(body)
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise InvalidRequest(self._flaws(body, error)) from error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise MalformedBody(f"the body is not JSON: {error}") from error

    def _flaws(self, body: bytes, first: msgspec.ValidationError) -> list[Flaw]:
        """All of them: the decoder stops at the first, so each field is looked at by itself."""
        try:
            given = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return [flaw_of(first)]
        if not isinstance(given, dict):
            return [Flaw("", "a JSON object is needed")]
        return struct_flaws(self._shape, given) or [flaw_of(first)]


def refuse_unspeakable(body: bytes) -> None:
    """Raises `MalformedBody` for what no parser or database should be given."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody("the body is not text in UTF-8") from error
    if b"\\u0000" in body and _NUL.search(body):
        raise MalformedBody("no text may contain the character U+0000")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise MalformedBody(f"the body is nested more than {MAX_DEPTH} deep")


def _depth(body: bytes) -> int:
    """The deepest nesting, counted no further than one beyond the limit."""
    depth = deepest = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if found.group() in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def struct_flaws(
    shape: type[msgspec.Struct], given: dict[str, Any], *, strict: bool = True
) -> list[Flaw]:
    """Each unknown, missing and wrong value of *given*, in the order of the fields."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    known = ", ".join(fields)
    flaws = [
        Flaw(name[:64], f"unknown; there are: {known}") for name in given if name not in fields
    ]
    for name, field in fields.items():
        if name not in given:
            if field.required:
                flaws.append(Flaw(name, "required"))
            continue
        try:
            msgspec.convert(given[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            flaws.append(flaw_of(error, name))
    return flaws


def flaw_of(error: msgspec.ValidationError, parent: str = "") -> Flaw:
    """Msgspec's sentence as ours: ``Expected `int` - at `$.a[0]` `` is path `a[0]`."""
    found = _AT.fullmatch(str(error))
    message, path = (found["message"], found["path"] or "") if found else (str(error), "")
    # `[...]` is a key of an object, which it does not name.
    path = _INDEX.sub(r".\1", (parent + path).replace("[...]", "")).lstrip(".")
    named = _FIELD.fullmatch(message)
    if named:
        path = f"{path}.{named['name']}".lstrip(".")
        message = "required" if "missing" in message else "unknown"
    return Flaw(path, message[:1].lower() + message[1:])
