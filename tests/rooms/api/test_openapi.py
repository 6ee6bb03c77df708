"""Laws of rooms.api.openapi."""

import re
from typing import Any

import msgspec
import pytest
from apikit import ApiKit
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from levelchat.service import catalogue

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for item in document["paths"].values() for each in item.values()]


async def test_the_document_is_openapi_3_1(api: ApiKit) -> None:
    """It is valid against the schema of OpenAPI itself, and is what the server serves."""
    served = await api.json("GET", "/v1/openapi.json", key=None)

    assert served == msgspec.json.decode(msgspec.json.encode(api.api.document))
    assert served["openapi"].startswith("3.1")
    OPENAPI_31_VALIDATOR.validate(served)


async def test_every_route_is_in_it(api: ApiKit) -> None:
    """What the application serves is documented, path and method."""
    application = api.client.app
    assert application is not None
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in application.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }
    documented = {
        (method, path) for path, item in api.api.document["paths"].items() for method in item
    }

    assert served <= documented


async def test_every_operation_is_told_apart(api: ApiKit) -> None:
    """Each has its own id, a summary, a tag that is listed, and answers."""
    document = api.api.document
    names = [each["operationId"] for each in operations(document)]
    tags = {tag["name"] for tag in document["tags"]}

    assert len(names) == len(set(names))
    assert all(each["summary"] and each["responses"] for each in operations(document))
    assert all(set(each["tags"]) <= tags for each in operations(document))


async def test_every_code_is_in_the_catalogue(api: ApiKit) -> None:
    """An error that the document names is one that `/docs/errors` explains."""
    codes = {
        code
        for operation in operations(api.api.document)
        for status, answer in operation["responses"].items()
        if status[0] in "45"
        for code in re.findall("`([a-z_]+)`", answer["description"])
    }

    assert {"not_found", "room_ended", "quota_exceeded"} <= codes
    assert codes <= {entry.code for entry in catalogue.entries()}


async def test_a_change_may_be_asked_for_twice(api: ApiKit) -> None:
    """Every call that changes something takes an `Idempotency-Key`, but for those where a second
    time changes nothing more: logging in and out, renewing, and what is not built yet.
    """
    without = {
        route.path
        for route in api.api.calls
        if route.mutates and not route.idempotent and route.tag != "Later"
    }

    assert without == {"/v1/auth/login", "/v1/auth/logout", "/v1/auth/tokens/renew"}
