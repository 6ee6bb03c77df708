"""What may be said, how fast, and what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.contract.signal import HISTORY, MAX_CHAT, ChatMessage
from rooms.errors import InvalidRequest
from rooms.signal import chat
from rooms.signal.chat import Bucket, History


def _message(number: int) -> ChatMessage:
    return ChatMessage(id=f"msg_{number:05}", identity="ada", name="", text="hi", at=number)


def test_a_message_has_eight_kilobytes_at_most() -> None:
    """Of UTF-8, not of letters."""
    chat.check_text("ä" * (MAX_CHAT // 2))
    with pytest.raises(InvalidRequest, match="8192 bytes"):
        chat.check_text("ä" * (MAX_CHAT // 2) + "a")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_not_said(text: str) -> None:
    """An empty message is refused."""
    with pytest.raises(InvalidRequest):
        chat.check_text(text)


@pytest.mark.parametrize("emoji", ["", " ", "x" * 33])
def test_an_emoji_is_short(emoji: str) -> None:
    """One to thirty-two bytes; families are long."""
    chat.check_emoji("👨‍👩‍👧‍👦")
    with pytest.raises(InvalidRequest):
        chat.check_emoji(emoji)


@given(st.lists(st.integers(min_value=0, max_value=2_000), max_size=200))
def test_nobody_gets_more_than_the_rate(pauses: list[int]) -> None:
    """In any interval from the start: at most the burst and the rate times its length."""
    now = taken = 0
    bucket = Bucket(5, 10, now)
    for pause in pauses:
        now += pause
        taken += bucket.take(now) == 0.0
        assert taken <= 10 + 5 * now / 1000 + 1e-6


def test_a_wait_is_long_enough() -> None:
    """After what `take` says there is a token, and time that goes back gives none."""
    bucket = Bucket(4, 1, 1_000)
    assert bucket.take(1_000) == 0.0
    wait = bucket.take(1_000)
    assert bucket.take(0) == wait == 0.25
    assert bucket.take(1_250) == 0.0


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=200))
def test_who_waits_for_what_was_reserved_keeps_the_rate(early: list[int]) -> None:
    """Even where each wait ends some milliseconds early: what is owed stays owed."""
    bucket, now = Bucket(5, 1, 0), 0
    for number, milliseconds in enumerate(early):
        wait = bucket.reserve(now)
        assert now / 1000 + wait >= number / 5 - 1e-6
        now += max(0, round(wait * 1000) - milliseconds)


def test_the_last_hundred_are_kept() -> None:
    """The oldest go; the same twice is once."""
    history = History()
    for number in [*range(HISTORY + 5), HISTORY + 4]:
        history.add(_message(number))

    assert [each.at for each in history.messages] == list(range(5, HISTORY + 5))


def test_what_was_heard_while_loading_stays() -> None:
    """The store's messages go under those that came meanwhile, each once, in order."""
    history = History()
    history.add(_message(3))
    history.add(_message(4))

    history.load([_message(1), _message(2), _message(3)])

    assert [each.at for each in history.messages] == [1, 2, 3, 4]
