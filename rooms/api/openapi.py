"""OpenAPI 3.1 made from the routes and the structs themselves. Pure.

Comes in: routes. Goes out: the document that `/v1/openapi.json` serves.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from levelchat.errors import LevelChatError
from levelchat.service.problem import REQUEST_ID_HEADER, Problem
from rooms.api import idempotency, surroundings
from rooms.api.gate import COOKIE, PROJECT_HEADER
from rooms.api.route import PARAMETERS, Auth, Route
from rooms.errors import (
    BodyTooLarge,
    BodyTooSlow,
    CrossSiteRefused,
    IdempotencyConflict,
    InvalidRequest,
    KeyInvalid,
    KeyMissing,
    MalformedBody,
    NotFound,
    StoreUnavailable,
    TooManyRequests,
    WrongContentType,
)

VERSION = "3.1.0"
JSON = "application/json"
PROBLEM = "application/problem+json"
_REF = "#/components/schemas/{name}"
Json = dict[str, Any]

_BODY_ERRORS = (MalformedBody, BodyTooSlow, BodyTooLarge, WrongContentType, InvalidRequest)
_SECURITY: dict[Auth, list[Json]] = {
    Auth.NONE: [],
    Auth.KEY: [{"apiKey": []}, {"login": []}],
    Auth.KEY_OR_MODERATOR: [{"apiKey": []}, {"login": []}, {"roomToken": []}],
    Auth.LOGIN: [{"login": []}],
    Auth.TOKEN: [{"roomToken": []}],
}
_SCHEMES: Json = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lc_pk_<key id>.<secret>",
        "description": "An API key of one project: `levelchat admin key create`.",
    },
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"The cookie of `POST /v1/auth/login`. `{PROJECT_HEADER}` names another "
        "project of the organisation than its first.",
    },
    "roomToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A room token, with `moderate:participants` where others are concerned.",
    },
}


def document(routes: Sequence[Route], version: str) -> Json:
    """The whole API."""
    shapes = _Shapes(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes)
    for path, item in surroundings.PATHS.items():
        paths.setdefault(path, {}).update(item)
    return {
        "openapi": VERSION,
        "info": {
            "title": "LevelChat",
            "version": version,
            "description": surroundings.INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in _tags(routes, paths)],
        "paths": paths,
        "components": {"schemas": shapes.components, "securitySchemes": _SCHEMES},
    }


class _Shapes:
    """The schema of every struct that a route takes or gives."""

    def __init__(self, routes: Iterable[Route]) -> None:
        used: dict[type[msgspec.Struct], None] = {Problem: None}
        for route in routes:
            for shape in (route.request, route.response):
                if shape is not None:
                    used[shape] = None
        shapes = list(used)
        schemas, self.components = msgspec.json.schema_components(shapes, ref_template=_REF)
        self._schemas = dict(zip(shapes, schemas, strict=True))

    def of(self, shape: type[msgspec.Struct]) -> Json:
        """A reference to the schema of *shape*."""
        return self._schemas[shape]


def _operation(route: Route, shapes: _Shapes) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path(route), *_query(route), *_headers(route)],
        "responses": _responses(route, shapes),
        "security": _SECURITY[route.auth],
    }
    if route.description:
        operation["description"] = route.description
    if route.request is not None:
        operation["requestBody"] = {
            "required": not route.optional_body,
            "content": {JSON: {"schema": shapes.of(route.request)}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = [word.strip("{}") for word in route.path.split("/") if word not in ("", "v1")]
    return "_".join([route.method.lower(), *words])


def _path(route: Route) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PARAMETERS[name].description,
            "schema": {"type": "string", "pattern": PARAMETERS[name].pattern},
            "example": PARAMETERS[name].example,
        }
        for name in route.parameters
    ]


def _query(route: Route) -> list[Json]:
    if route.query is None:
        return []
    _, components = msgspec.json.schema_components([route.query], ref_template=_REF)
    schema = components[route.query.__name__]
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(described),
        }
        for name, described in schema["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """A query has no null: what may be left out is left out."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        return dict(kinds[0])
    return {key: value for key, value in schema.items() if value is not None}


def _headers(route: Route) -> list[Json]:
    if not route.idempotent:
        return []
    return [
        {
            "name": idempotency.HEADER,
            "in": "header",
            "required": False,
            "description": "The same key and request within 24 h get the first answer again, "
            f"with `{idempotency.REPLAYED}: true`; another request with it is a 409.",
            "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY},
        }
    ]


def _responses(route: Route, shapes: _Shapes) -> Json:
    good: Json = {"description": HTTPStatus(route.status).phrase, "headers": _REQUEST_ID}
    content = {}
    if route.response is not None:
        content[JSON] = {"schema": shapes.of(route.response)}
    if route.html:
        content["text/html"] = {"schema": {"type": "string"}}
    if content:
        good["content"] = content
    responses: Json = {str(int(route.status)): good}
    problem = {PROBLEM: {"schema": shapes.of(Problem)}}
    for status, codes in _refusals(route).items():
        described = ", ".join(f"`{code}`" for code in codes)
        responses[str(status)] = {
            "description": described,
            "headers": _REQUEST_ID,
            "content": problem,
        }
    return responses


_REQUEST_ID: Json = {
    REQUEST_ID_HEADER: {
        "description": "Names this request in the log.",
        "schema": {"type": "string", "pattern": "^req_[0-9A-Z]{26}$"},
    }
}


def _refusals(route: Route) -> dict[int, list[str]]:
    """Codes by status: those of the route, and those that any like it may give."""
    may: list[tuple[bool, tuple[type[LevelChatError], ...]]] = [
        (True, (*route.errors, TooManyRequests, StoreUnavailable)),
        (route.auth is not Auth.NONE, (KeyMissing, KeyInvalid)),
        (route.auth in (Auth.KEY_OR_MODERATOR, Auth.TOKEN), surroundings.TOKEN_ERRORS),
        (route.mutates and route.auth is not Auth.TOKEN, (CrossSiteRefused,)),
        (route.request is not None, _BODY_ERRORS),
        (route.query is not None, (InvalidRequest,)),
        (bool(route.parameters), (NotFound,)),
        (route.idempotent, (IdempotencyConflict, InvalidRequest)),
    ]
    errors = {error for does, these in may if does for error in these}
    by_status: dict[int, dict[str, None]] = {}
    for error in sorted(errors, key=lambda error: (error.status, error.code)):
        by_status.setdefault(error.status, {})[error.code] = None
    return {status: list(codes) for status, codes in by_status.items()}


def _tags(routes: Iterable[Route], paths: dict[str, Json]) -> list[str]:
    tags = dict.fromkeys(route.tag for route in routes)
    for item in paths.values():
        for operation in item.values():
            tags |= dict.fromkeys(operation["tags"])
    return list(tags)
