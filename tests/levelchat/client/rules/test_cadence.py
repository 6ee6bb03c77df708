"""Laws of punctuality, as a client sees them."""

import pytest
from lowlatency import Broadcast

from levelchat.client.rules.cadence import Cadence
from levelchat.client.rules.finding import Exchange
from levelchat.client.rules.reading import read

URL = "http://host/live/r/v360.m3u8"
MS = 1_000_000
GOOD = Broadcast()


def _exchange(sent_ms: int, received_ms: int, query: str = "", status: int = 200) -> Exchange:
    return Exchange(
        sent_ns=sent_ms * MS + 1,
        received_ns=received_ms * MS + 1,
        url=URL + query,
        status=status,
        headers={},
        body=b"",
    )


def _observe(
    cadence: Cadence, newest: tuple[int, int], exchange: Exchange, broadcast: Broadcast = GOOD
) -> list[str]:
    listing = read(broadcast.playlist("v360", newest), URL)
    return [finding.rule for finding in cadence.observe(exchange, listing)]


@pytest.mark.parametrize(("gap_ms", "rules"), [(500, []), (740, []), (760, ["A2.7"])])
def test_a_new_part_comes_within_the_part_target(gap_ms: int, rules: list[str]) -> None:
    """A gap above PART-TARGET and the tolerance is A2.7."""
    cadence = Cadence()
    _observe(cadence, (20, 0), _exchange(0, 10))
    found = _observe(cadence, (20, 1), _exchange(11, 10 + gap_ms, "?_HLS_msn=20&_HLS_part=1"))

    assert found == rules


def test_who_was_not_waiting_cannot_tell() -> None:
    """A client that asked late does not blame the server."""
    cadence = Cadence()
    _observe(cadence, (20, 0), _exchange(0, 10))

    assert _observe(cadence, (20, 1), _exchange(2000, 2010)) == []


@pytest.mark.parametrize(
    ("query", "newest", "rules"),
    [
        ("?_HLS_msn=20&_HLS_part=1", (20, 1), []),
        ("?_HLS_msn=20&_HLS_part=1", (20, 2), []),
        ("?_HLS_msn=20&_HLS_part=1", (21, 0), []),
        ("?_HLS_msn=20&_HLS_part=1", (20, 0), ["A5.2"]),
        ("?_HLS_msn=19&_HLS_part=4", (20, 0), []),
        ("?_HLS_msn=19&_HLS_part=4", (19, 3), []),
        ("?_HLS_msn=20", (20, 3), []),
        ("?_HLS_msn=20", (20, 2), ["A5.1"]),
        ("?_HLS_msn=3", (20, 2), []),
    ],
)
def test_a_blocked_reload_brings_what_was_asked_for(
    query: str, newest: tuple[int, int], rules: list[str]
) -> None:
    """An answer without the part or segment that was waited for came too early."""
    assert _observe(Cadence(), newest, _exchange(0, 400, query)) == rules


def test_the_end_answers_everybody() -> None:
    """With EXT-X-ENDLIST directives are ignored."""
    text = GOOD.playlist("v360", (20, 3), ended=True)
    found = Cadence().observe(_exchange(0, 1, "?_HLS_msn=25&_HLS_part=0"), read(text, URL))

    assert list(found) == []


@pytest.mark.parametrize(("held_ms", "rules"), [(6200, []), (6300, ["A5.7"])])
def test_nobody_is_held_longer_than_three_target_durations(held_ms: int, rules: list[str]) -> None:
    """Whatever the answer is, it comes within 3 x TARGETDURATION."""
    cadence = Cadence()
    _observe(cadence, (20, 0), _exchange(0, 10))
    late = _exchange(11, 11 + held_ms, "?_HLS_msn=20&_HLS_part=1", status=503)

    assert [finding.rule for finding in cadence.observe(late, None)] == rules
