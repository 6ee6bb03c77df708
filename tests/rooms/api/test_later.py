"""Laws of rooms.api.later."""

import pytest
from apikit import ApiKit

from rooms.api import later

# Nothing here depends on the kind of the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


async def test_what_is_not_built_says_so(api: ApiKit) -> None:
    """501 with a problem document, to those who have a key; to others 401."""
    for route in later.routes():
        path = route.path.format(room_id="r_x", recording_id="rec_01JSPYB5V1TC7NBW4S1DK8AH1R")
        found = await api.problem(route.method, path)
        assert (found["status"], found["code"]) == (501, "not_built_yet")
        assert (await api.problem(route.method, path, key=None))["status"] == 401
