"""Laws of numbers for streams of our own."""

from levelchat.rtc.ssrc import distinct


def test_no_two_are_the_same() -> None:
    """Nor is any as small as those of receivers, who send nothing."""
    numbers = distinct(5000)

    assert len(set(numbers)) == 5000
    assert all(0xFFFF < number < 1 << 32 for number in numbers)
