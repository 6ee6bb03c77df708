"""Laws of the whole API, tried with what nobody would write by hand."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import apikit
import requests
import schemathesis
from apikit import ApiKit
from hypothesis import HealthCheck, Phase, given, settings
from roomkit import PUBLISH
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from levelchat.auth.keys import TokenKeys
from rooms.api import later
from rooms.settings import RoomsSettings
from rooms.store.store import Store

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
MANY = 1_000_000


async def things(api: ApiKit) -> dict[str, str]:
    """Names of what there is, so that a request gets further than its path."""
    room = await api.kit.create()
    await api.kit.join(room, "ada", PUBLISH)
    hook = await api.json("POST", "/v1/webhooks", {"url": "https://example.com"})
    return {
        "room_id": room.id,
        "identity": "ada",
        "webhook_id": hook["id"],
        "code": room.short_code,
    }


def knowing(document: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """*document*, with paths that are of *names* only."""
    known = copy.deepcopy(document)
    for item in known["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in names:
                    parameter["schema"] = {"enum": [names[parameter["name"]]]}
    return known


def operations(api: ApiKit, document: dict[str, Any]) -> Iterator[Any]:
    """Those that this application serves: media and signalling are other planes', and what is
    not built yet answers 501 on purpose (`test_later.py`).
    """
    served = {(call.method.lower(), call.path) for call in api.api.calls if call.tag != later.TAG}
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if (operation.method, operation.path) in served:
            yield operation


def attack(api: ApiKit, known: dict[str, Any], base: str) -> int:
    """Calls every operation, rightly for things that there are, and wrongly; how many calls."""
    calls = 0
    plans = [(known, GenerationMode.POSITIVE), (api.api.document, GenerationMode.NEGATIVE)]
    with requests.Session() as session:
        for document, mode in plans:
            for operation in operations(api, document):

                @settings(
                    max_examples=EXAMPLES,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy(generation_mode=mode))
                def call(case: Any) -> None:
                    nonlocal calls
                    calls += 1
                    headers = {"Authorization": f"Bearer {api.key}"}
                    answer = case.call(base_url=base, session=session, headers=headers)
                    case.validate_response(answer, checks=CHECKS)

                call()
    return calls


async def test_no_request_makes_a_server_error(store: Store, token_keys: TokenKeys) -> None:
    """Whatever is asked, of things that there are and of any, is answered as documented."""
    generous = RoomsSettings(
        requests_per_key=MANY, requests_per_address=MANY, failed_keys_per_address=MANY
    )
    async with apikit.running(store, token_keys, generous) as api:
        known = knowing(api.api.document, await things(api))
        base = str(api.client.make_url("/")).rstrip("/")

        assert await asyncio.to_thread(attack, api, known, base) > 100
