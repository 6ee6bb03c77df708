"""Laws of rooms.api.api."""

import pytest
from apikit import ApiKit

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


async def test_head_is_get_without_a_body(api: ApiKit) -> None:
    """Same status, no content."""
    answer = await api.call("HEAD", "/v1/rooms")

    assert (answer.status, await answer.read()) == (200, b"")


async def test_a_wrong_method_names_the_right_ones(api: ApiKit) -> None:
    """405 as a problem document, with all methods of the path in `Allow`."""
    answer = await api.call("PATCH", "/v1/rooms")
    found = await api.problem("PATCH", "/v1/rooms")

    assert (found["status"], found["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(","))


async def test_an_unknown_path_is_a_problem_document(api: ApiKit) -> None:
    """404 with a request id."""
    assert (await api.problem("GET", "/v1/nowhere"))["code"] == "not_found"


async def test_every_answer_has_its_request_id(api: ApiKit) -> None:
    """Each its own, on success as on refusal."""
    answers = [await api.call("GET", path) for path in ("/v1/rooms", "/v1/rooms", "/v1/nowhere")]
    found = {answer.headers["X-Request-Id"] for answer in answers}

    assert len(found) == 3
    assert all(each.startswith("req_") for each in found)
