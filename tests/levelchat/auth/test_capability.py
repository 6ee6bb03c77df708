"""Laws of levelchat.auth.capability."""

import pytest

from levelchat.auth import capability
from levelchat.auth.capability import Capability


def test_the_star_is_an_alias() -> None:
    """`subscribe:*` and `subscribe:all` are one capability."""
    assert capability.parse("subscribe:*") is Capability.SUBSCRIBE_ALL


def test_an_unknown_capability_names_the_known() -> None:
    """The error lists what would have been accepted."""
    with pytest.raises(ValueError, match="publish:camera"):
        capability.parse("publish:everything")


def test_a_camera_is_heard() -> None:
    """`publish:camera` includes the microphone (rooms.md §5)."""
    assert Capability.PUBLISH_CAMERA in capability.PUBLISH_AUDIO
