"""Laws of levelchat.service.catalogue."""

import levelchat.auth.errors  # noqa: F401 - the catalogue lists what is loaded
from levelchat.errors import EnvironmentFault, PeerError
from levelchat.service import catalogue


def test_each_code_stands_once() -> None:
    """The catalogue lists each code once, in order."""
    codes = [entry.code for entry in catalogue.entries()]

    assert codes == sorted(set(codes))
    assert {"internal", "token_missing", "capability_missing"} <= set(codes)


def test_the_page_has_an_anchor_for_each_code() -> None:
    """A problem document's `type` leads to its row."""
    page = catalogue.page()

    assert all(f'id="{entry.code}"' in page for entry in catalogue.entries())


def test_each_code_says_what_to_do_and_whether_to_try_again() -> None:
    """No cell of the catalogue is empty, and only what passes by itself is worth a retry."""
    entries = catalogue.entries()

    assert [entry.code for entry in entries if not all(entry)] == []
    assert all(entry.retry == catalogue.LATER for entry in entries if entry.status == 503)
    assert all(entry.retry == catalogue.NO for entry in entries if entry.status in (401, 404, 409))


def test_a_second_paragraph_is_the_remedy() -> None:
    """An error's docstring says the cause first, then what to do; without that, its kind does."""

    class Plain(PeerError):
        """The tea is cold."""

        code = "tea_cold"

    class Advised(EnvironmentFault):
        """The kettle is
        empty.

        Fill it.
        """

        code = "kettle_empty"

    found = {entry.code: entry for entry in catalogue.entries()}

    assert (found["tea_cold"].cause, found["tea_cold"].remedy) == (
        "The tea is cold.",
        catalogue.CORRECT,
    )
    assert found["kettle_empty"].cause == "The kettle is empty."
    assert (found["kettle_empty"].remedy, found["kettle_empty"].retry) == (
        "Fill it.",
        catalogue.LATER,
    )
    assert (Plain.code, Advised.code) == ("tea_cold", "kettle_empty")
