"""Laws of levelchat.service.planes."""

import pytest

from levelchat.service import planes
from levelchat.service.settings import Settings, SettingsError


def test_planes_are_made_in_the_order_of_the_media() -> None:
    """However they are named, a plane is made after those whose seams it uses."""
    assert planes.check(("ingest", "edge")) == ("edge", "ingest")


def test_an_unknown_plane_names_the_known() -> None:
    """A plane that does not exist is an error that lists those that do."""
    with pytest.raises(SettingsError, match="edge, packager, cascade, ingest"):
        planes.check(("edge", "kitchen"))


def test_each_plane_has_a_section() -> None:
    """Each plane's settings are a section of its name, beside the server's."""
    assert set(planes.sections()) == {"server", *planes.NAMES}


def test_an_unknown_section_is_refused() -> None:
    """A section that nobody reads is most likely misspelt, and is refused."""
    with pytest.raises(SettingsError, match="egde"):
        planes.refuse_unknown_sections(Settings({"egde": {"window_seconds": 60}}))
