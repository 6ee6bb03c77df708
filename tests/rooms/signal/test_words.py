"""Replicas understand each other, and survive those of another release."""

import pytest

from levelchat.contract.signal import ChatMessage
from rooms.signal import words


@pytest.mark.parametrize(
    "word",
    [
        words.Said(b'{"type":"pong"}', audience=3),
        words.Chatted(ChatMessage(id="msg_1", identity="ada", name="", text="hi", at=1)),
        words.HandMoved("p_1", None),
        words.Taken("s_1"),
        words.Wanted(),
        words.Known({"p_1": 7}, {"s_1": ("audio",)}),
    ],
)
def test_a_word_arrives_as_it_was_said(word: words.Word) -> None:
    """Encoded and decoded it is the same."""
    assert words.decode(words.encode(word)) == word


def test_an_unknown_word_is_none() -> None:
    """In the middle of an upgrade, replicas differ."""
    assert words.decode(b"\x81\xa4type\xa6Future") is None
    assert words.decode(b"\xc1") is None
