"""Laws of headers."""

import pytest

from levelchat.client.rules.finding import Exchange
from levelchat.client.rules.transport import Resource, check, directives

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Age, Date, Content-Length, Content-Range",
}
PLAYLIST = CORS | {
    "content-type": "application/vnd.apple.mpegurl; charset=utf-8",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
    "cache-control": "public, max-age=12",
    "priority": "u=1",
}
MEDIA = CORS | {
    "content-type": "video/iso.segment",
    "cache-control": "public, max-age=1209600, immutable",
    "priority": "u=3, i",
}
BLOCKING = "http://host/live/r/v360.m3u8?_HLS_msn=3&_HLS_part=1"
PLAIN = "http://host/live/r/v360.m3u8"


def _rules(
    headers: dict[str, str], resource: Resource, url: str = BLOCKING, status: int = 200
) -> list[str]:
    exchange = Exchange(
        sent_ns=0, received_ns=1, url=url, status=status, headers=headers, body=b""
    )
    return [finding.rule for finding in check(exchange, resource, 2)]


@pytest.mark.parametrize(
    ("headers", "resource"),
    [
        (PLAYLIST, Resource.PLAYLIST),
        (PLAYLIST, Resource.MULTIVARIANT),
        (MEDIA, Resource.PART),
        (MEDIA, Resource.SEGMENT),
        (MEDIA | {"content-type": "video/mp4"}, Resource.INIT),
        ({k: v for k, v in MEDIA.items() if k != "priority"}, Resource.PART),
    ],
)
def test_good_headers_break_no_rule(headers: dict[str, str], resource: Resource) -> None:
    """What the rules ask for raises no finding."""
    assert _rules(headers, resource) == []


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("A1.2", "content-type", "text/plain"),
        ("A1.9", "content-encoding", "identity"),
        ("A1.9", "vary", "Origin"),
        ("A11.2", "priority", "u=3"),
        ("A11.6", "cache-control", "no-store"),
        ("A11.6", "cache-control", "max-age=13"),
        ("A11.8", "access-control-expose-headers", "Date, Content-Length"),
    ],
)
def test_each_broken_playlist_header_is_noticed(rule: str, name: str, value: str) -> None:
    """One wrong header raises its rule, and no other."""
    assert _rules(PLAYLIST | {name: value}, Resource.PLAYLIST) == [rule]


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("A11.9", "content-type", "application/octet-stream"),
        ("A11.6", "cache-control", "max-age=2"),
        ("A11.2", "priority", "u=1"),
    ],
)
def test_each_broken_media_header_is_noticed(rule: str, name: str, value: str) -> None:
    """One wrong header raises its rule, and no other."""
    assert _rules(MEDIA | {name: value}, Resource.PART) == [rule]


def test_a_playlist_that_does_not_block_is_cached_briefly() -> None:
    """Half a target duration at most, where six are good for a blocked one."""
    assert _rules(PLAYLIST, Resource.PLAYLIST, PLAIN) == ["A11.6"]
    assert _rules(PLAYLIST | {"cache-control": "max-age=1"}, Resource.PLAYLIST, PLAIN) == []


def test_without_cors_a_page_elsewhere_cannot_play() -> None:
    """Access-Control-Allow-Origin is asked for on everything."""
    headers = {k: v for k, v in MEDIA.items() if k != "access-control-allow-origin"}

    assert _rules(headers, Resource.PART) == ["A11.8"]


def test_errors_are_not_judged_by_these_rules() -> None:
    """Another rule judges a refusal."""
    assert _rules({}, Resource.PART, status=404) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (PLAIN, (None, None)),
        (BLOCKING, (3, 1)),
        (f"{PLAIN}?_HLS_msn=x&_HLS_part=-1", (None, None)),
    ],
)
def test_directives_are_read_from_the_query(
    url: str, expected: tuple[int | None, int | None]
) -> None:
    """Only decimal directives count."""
    assert directives(url) == expected
