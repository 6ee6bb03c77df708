"""Laws of rooms.api.origin."""

import pytest

from rooms.api.origin import UNKNOWN, address, require_same_site
from rooms.errors import CrossSiteRefused


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        ("127.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "nonsense", UNKNOWN),
        ("127.0.0.1", " , ", "127.0.0.1"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("fe80::1%eth0", None, "fe80::/64"),
        (None, None, UNKNOWN),
    ],
)
def test_a_caller_is_counted_by_what_it_cannot_choose(
    peer: str | None, forwarded: str | None, counted: str
) -> None:
    """The peer, or what trusted proxies say of it; an IPv6 customer's whole network."""
    assert address(peer, forwarded, {"127.0.0.1", "10.0.0.1"}) == counted


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://live.example"},
        {"Origin": "HTTPS://LIVE.EXAMPLE"},
    ],
)
def test_own_pages_may_change_things(headers: dict[str, str]) -> None:
    """A browser says that the page is ours, by either header."""
    require_same_site(headers, {"live.example"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://live.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "https://live.example.evil.example"},
        {"Origin": "https://[live.example"},
    ],
)
def test_other_pages_may_not(headers: dict[str, str]) -> None:
    """Another site's page, a sandboxed one, and who says nothing are refused."""
    with pytest.raises(CrossSiteRefused):
        require_same_site(headers, {"live.example"})
