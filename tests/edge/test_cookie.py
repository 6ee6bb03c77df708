"""Laws of edge.cookie."""

import pytest

from edge import cookie
from edge.errors import TokenTooLong


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("lc_live=a.b.c", "a.b.c"),
        ("x=1; lc_live=a.b.c; y=2", "a.b.c"),
        ("x=1;lc_live=a.b.c;", "a.b.c"),
        ('lc_live="a.b.c"', "a.b.c"),
        ("not_lc_live=a.b.c", ""),
        ("xlc_live=a", ""),
        ("x=lc_live", ""),
        ("lc_live=", ""),
        ("", ""),
        (";;=;", ""),
    ],
)
def test_the_token_is_found_among_other_cookies(header: str, token: str) -> None:
    """Only the cookie of exactly that name counts, wherever it stands."""
    assert cookie.find(header) == token


def test_the_cookie_is_for_one_rooms_path() -> None:
    """No script reads it, no other room gets it, and it lives no longer than the token."""
    header = cookie.keep("a.b.c", "r_1", 60, secure=False, cross_site=False)

    assert header == "lc_live=a.b.c; Path=/live/r_1/; Max-Age=60; HttpOnly; SameSite=Lax"
    assert cookie.keep("a", "r_1", 60, secure=True, cross_site=False).endswith("Lax; Secure")


def test_a_cookie_for_other_sites_needs_tls() -> None:
    """Browsers take SameSite=None with Secure only."""
    header = cookie.keep("a", "r_1", 60, secure=False, cross_site=True)

    assert header.endswith("SameSite=None; Secure; Partitioned")


def test_a_cookie_is_forgotten_where_it_was_set() -> None:
    """The same name and path, and no time to live."""
    header = cookie.forget("r_1", secure=False, cross_site=False)

    assert header.startswith("lc_live=; Path=/live/r_1/; Max-Age=0;")


def test_a_token_that_fits_no_cookie_is_told_so() -> None:
    """Browsers drop a cookie that is too long without a word, so that we say it."""
    with pytest.raises(TokenTooLong):
        cookie.keep("a" * (cookie.MAX_VALUE + 1), "r_1", 60, secure=True, cross_site=False)
