"""Laws of rooms.api.pages."""

import pytest

from rooms.api import pages


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/*", True),
        ("TEXT/HTML;q=0.5", True),
        ("application/json, text/html;q=0.9", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
        (",;,", False),
    ],
)
def test_who_gets_a_page(accept: str, page: bool) -> None:  # noqa: FBT001 - the law's answer
    """Who asks for HTML more than for JSON; in doubt it is a program."""
    assert pages.prefers_html(accept) is page


def test_a_refusal_is_escaped() -> None:
    """Whatever it says, it is text."""
    assert "<i>" not in pages.refusal("<i>", "<i>", "<i>")


def test_the_policy_names_the_style() -> None:
    """The page's own style may be used, and no script."""
    assert pages.STYLE in pages.document("a", "b")
    assert "sha256-" in pages.POLICY
    assert "script" not in pages.POLICY
