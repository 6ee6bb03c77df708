"""Laws of grouping SDP's lines."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.errors import MalformedSdp
from levelchat.rtc.sdp_lines import MAX_SECTIONS, MAX_UINT32, first, number, sections


def test_attributes_belong_to_the_m_line_above() -> None:
    """What stands before the first m-line is the session's."""
    session, audio, video = sections("a=x:1\nm=audio 9 P 0\na=x:2\na=x:3\nm=video 9 P 1\na=y\n")

    assert (session.media, session.attributes) == ("", {"x": ["1"]})
    assert (audio.media, audio.attributes) == ("audio 9 P 0", {"x": ["2", "3"]})
    assert video.attributes == {"y": [""]}


def test_the_first_value_counts_wherever_it_stands() -> None:
    """A session's attribute comes before an m-line's, and none is None."""
    assert first([{"a": [" 1 "]}, {"a": ["2"], "b": ["3"]}], "a") == "1"
    assert first([{"a": ["1"]}, {"b": ["3"]}], "b") == "3"
    assert first([{}], "c") is None


def test_m_lines_are_bounded() -> None:
    """An offer of more is refused while it is read."""
    assert len(sections("m=x\n" * MAX_SECTIONS)) == MAX_SECTIONS + 1
    with pytest.raises(MalformedSdp, match="at most"):
        sections("m=x\n" * (MAX_SECTIONS + 1))


@given(st.text(max_size=12))
def test_a_number_is_digits_and_within_its_range(text: str) -> None:
    """Nothing but ASCII digits is a number, however much Unicode looks like them."""
    with contextlib.suppress(MalformedSdp):
        assert 0 <= number(text, MAX_UINT32, "it") <= MAX_UINT32
        assert set(text) <= set("0123456789")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another error than MalformedSdp."""
    with contextlib.suppress(MalformedSdp):
        sections(text)
