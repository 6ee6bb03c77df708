"""Laws of edge.settings."""

import pytest

from edge.settings import EdgeSettings
from levelchat.service.settings import Settings, SettingsError


@pytest.mark.parametrize("name", ["window_seconds", "max_rooms", "max_waiters"])
def test_a_bound_is_at_least_one(name: str) -> None:
    """A setting that would let nobody in is refused, with its name."""
    with pytest.raises(SettingsError, match=name):
        Settings({"edge": {name: 0}}).section("edge", EdgeSettings)
