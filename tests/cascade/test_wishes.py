"""Laws of what a subscriber wishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade.errors import MalformedWish
from cascade.wishes import parse


def test_a_wish_is_read() -> None:
    """As the draft writes it, and with the members of ours."""
    wish = parse(b'{"mediaId": "0", "encodingId": "h", "maxSpatialLayerId": 1, "unknown": []}')

    assert (wish.media_id, wish.encoding_id, wish.spatial, wish.temporal) == ("0", "h", 1, None)
    assert parse(b'{"mediaId": "0", "spatialLayerId": 0, "maxSpatialLayerId": 2}').spatial == 0
    assert parse(b'{"mediaId": "0", "temporalLayerId": 2}').temporal == 2
    assert parse(b'{"mediaId": "1", "paused": true}').paused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"mediaId": 1}',
        b'{"mediaId": "0", "maxWidth": -1}',
        b'{"mediaId": "0", "spatialLayerId": 8}',
        b'{"mediaId": "0", "paused": "yes"}',
        b'{"mediaId": "\x80"}',
        b'{"mediaId": "0", "unknown": ' + b"[" * 60_000,
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    """With what a wish looks like."""
    with pytest.raises(MalformedWish, match="mediaId"):
        parse(body)


@given(st.binary())
def test_garbage_is_one_error(body: bytes) -> None:
    """Whatever comes."""
    with pytest.raises(MalformedWish):
        parse(b"\xff" + body)
