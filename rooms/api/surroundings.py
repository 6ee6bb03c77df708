"""What the API's document says of calls that are not made of routes: media, signalling, status.

Comes in: nothing. Goes out: parts of an OpenAPI document, written by hand.
"""

from typing import Any

from levelchat.auth.errors import CapabilityMissing, RoomOver, TokenInvalid, TokenRevoked
from rooms.api.route import ROOM

Json = dict[str, Any]

INTRODUCTION = (
    "Live rooms: create them, mint tokens for those who join, watch over them, read the usage.\n\n"
    "A server calls with an API key (`Authorization: Bearer lc_pk_…`); whoever is in a room "
    "holds a room token instead. Every refusal is `application/problem+json` with a `code` of "
    "the [catalogue of errors](/docs/errors)."
)
TOKEN_ERRORS = (TokenInvalid, TokenRevoked, CapabilityMissing, RoomOver)

_MEDIA, _STATUS, _SIGNALLING = "Media", "Status", "Signalling"
_TOKEN: list[Json] = [{"roomToken": []}]
_PROBLEM = {
    "description": "See the catalogue of errors.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _parameter(name: str, description: str, pattern: str = "", place: str = "path") -> Json:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": schema,
    }


_ROOM = _parameter("room_id", "The room's id.", f"^{ROOM}$")
_SESSION = _parameter("session", "From `Location` of the answer to the offer.")


def _body(media_type: str) -> Json:
    return {"required": True, "content": {media_type: {"schema": {"type": "string"}}}}


def _operation(name: str, summary: str, tag: str, good: Json, **more: object) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "responses": good | {"default": _PROBLEM},
        **more,
    }


def _sdp(status: str, description: str) -> Json:
    content = {"application/sdp": {"schema": {"type": "string"}}}
    return {status: {"description": description, "content": content}}


def _offer(name: str, verb: str, specification: str, *more: Json) -> Json:
    return {
        "post": _operation(
            name,
            verb,
            _MEDIA,
            _sdp("201", "The answer; `Location` is the session."),
            description=specification,
            parameters=[_ROOM, *more],
            requestBody=_body("application/sdp"),
            security=_TOKEN,
        )
    }


def _session(word: str, path: str, *parameters: Json) -> dict[str, Json]:
    etag = _parameter("If-Match", "The ETag.", place="header")
    return {
        path: {
            "patch": _operation(
                f"patch_{word}",
                "Trickle ICE, or restart it",
                _MEDIA,
                {"200": {"description": "Restarted"}, "204": {"description": "Taken"}},
                parameters=[*parameters, _SESSION, etag],
                requestBody=_body("application/trickle-ice-sdpfrag"),
                security=_TOKEN,
            ),
            "delete": _operation(
                f"delete_{word}",
                "End the session",
                _MEDIA,
                {"200": {"description": "Ended"}},
                parameters=[*parameters, _SESSION],
                security=_TOKEN,
            ),
        },
    }


def _status(name: str, summary: str, media_type: str) -> Json:
    kind = "object" if media_type.endswith("json") else "string"
    good: Json = {
        "200": {"description": "OK", "content": {media_type: {"schema": {"type": kind}}}}
    }
    if name == "get_readyz":
        good["503"] = good["200"] | {"description": "Not ready, and why"}
    return {"get": _operation(name, summary, _STATUS, good, security=[])}


PATHS: dict[str, Json] = {
    "/v1/whip/{room_id}": _offer(
        "post_whip",
        "Publish by WebRTC (WHIP)",
        "RFC 9725. Needs `publish:*`. With `?to=stage` as one of many on the room's stage.",
        _parameter("to", "`programme` (the default) or `stage`.", place="query"),
    ),
    **_session("whip", "/v1/whip/{room_id}/{session}", _ROOM),
    "/v1/whep/{room_id}": _offer(
        "post_whep",
        "Watch by WebRTC (WHEP)",
        "draft-ietf-wish-whep: everybody in the room. Needs `subscribe:all`. "
        "The answer to an empty body is an offer.",
    ),
    "/v1/whep/{room_id}/{participant}": _offer(
        "post_whep_participant",
        "Watch one participant by WebRTC (WHEP)",
        "The same for one participant.",
        _parameter("participant", "An identity."),
    ),
    **_session("whep", "/v1/whep-sessions/{session}"),
    "/v1/signal": {
        "get": _operation(
            "get_signal",
            "The signalling WebSocket",
            _SIGNALLING,
            {"101": {"description": "JSON messages from here on"}},
            description="The token goes in the query, or as subprotocols "
            "`levelchat.v1, token.<token>`, which no log shows.",
            parameters=[
                _parameter("token", "A room token.", place="query"),
                _parameter("resume", "From `welcome`, within 30 s.", place="query"),
            ],
            security=[],
        )
    },
    "/healthz": _status("get_healthz", "Whether the process lives", "application/json"),
    "/readyz": _status("get_readyz", "Whether it should get requests", "application/json"),
    "/metrics": _status("get_metrics", "Metrics for Prometheus", "text/plain"),
    "/.well-known/jwks.json": _status(
        "get_jwks", "Public keys of room tokens", "application/json"
    ),
    "/v1/openapi.json": _status("get_openapi", "This document", "application/json"),
    "/docs": _status("get_docs", "This document as a page", "text/html"),
    "/docs/errors": _status("get_docs_errors", "The catalogue of errors", "text/html"),
}
"""Path items by path."""
