"""Laws of edge.headers."""

from edge import headers
from edge.access import Keeping
from edge.delivery import Answer
from edge.headers import Cors
from edge.settings import EdgeSettings

PLAYLIST = Answer(b"", "application/vnd.apple.mpegurl", 12, "u=1", gzipped=True)
MEDIA = Answer(b"", "video/mp4", 3600, "u=3", immutable=True)


def test_what_all_may_see_any_cache_may_keep() -> None:
    """A public room's media are public and immutable."""
    fields = headers.of_answer(MEDIA, Keeping.PUBLIC, proxy=False)

    assert fields["Cache-Control"] == "public, max-age=3600, immutable"
    assert "X-Accel-Expires" not in fields


def test_what_needs_a_token_is_the_viewers_own() -> None:
    """No cache that serves many may keep it, but for a proxy that asks for each of them."""
    direct = headers.of_answer(PLAYLIST, Keeping.PRIVATE, proxy=False)
    asked = headers.of_answer(PLAYLIST, Keeping.PRIVATE, proxy=True)

    assert direct["Cache-Control"] == asked["Cache-Control"] == "private, max-age=12"
    assert "X-Accel-Expires" not in direct
    assert asked["X-Accel-Expires"] == "12"


def test_only_errors_that_say_so_are_kept() -> None:
    """A 404 may be kept for a second, a refusal not at all."""
    short = {"Cache-Control": "public, max-age=1"}

    assert headers.of_error(short, Keeping.PRIVATE, proxy=True) == {
        "Cache-Control": "private, max-age=1",
        "X-Accel-Expires": "1",
    }
    assert headers.of_error({}, Keeping.PUBLIC, proxy=True) == {"Cache-Control": "no-store"}


def test_pages_of_named_origins_may_send_the_cookie() -> None:
    """They get their own name and `Vary`; all others the common answer."""
    cors = Cors(EdgeSettings(cookie_origins=("https://app.example",)))
    mine: dict[str, str] = {"Vary": "Accept-Encoding"}
    others: dict[str, str] = {}
    none: dict[str, str] = {}
    cors.add_to(mine, "https://app.example")
    cors.add_to(others, "https://evil.example")
    cors.add_to(none, None)

    assert mine["Access-Control-Allow-Origin"] == "https://app.example"
    assert mine["Access-Control-Allow-Credentials"] == "true"
    assert mine["Vary"] == "Accept-Encoding, Origin"
    assert others == none
    assert others["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in others


def test_without_named_origins_answers_are_alike_for_all() -> None:
    """Then no cache has to keep one for each origin."""
    fields: dict[str, str] = {}
    Cors(EdgeSettings()).add_to(fields, "https://app.example")

    assert fields["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in fields


def test_a_preflight_names_the_methods() -> None:
    """And the headers that carry tokens and ranges."""
    fields = Cors(EdgeSettings()).preflight("https://x.example", "GET, POST")

    assert fields["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Authorization" in fields["Access-Control-Allow-Headers"]
