"""Laws of levelchat.service.catalogue."""

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
