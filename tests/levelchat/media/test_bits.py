"""Laws of fields of bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.bits import BitReader

NUMBERS = st.integers(0, 1 << 20)


def reader(bits: str) -> BitReader:
    """Of *bits* and zeros up to a whole byte."""
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return BitReader(bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8)))


def exp_golomb(number: int) -> str:
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1 << 40))))
def test_fields_come_in_order(fields: list[tuple[int, int]]) -> None:
    """Each of its width, wherever bytes end."""
    masked = [(width, value & ((1 << width) - 1)) for width, value in fields]
    bits = reader("".join(f"{value:0{width}b}" for width, value in masked if width))

    assert [bits.take(width) for width, _ in masked] == [value for _, value in masked]


@given(st.lists(NUMBERS))
def test_exponential_golomb_codes_are_read(numbers: list[int]) -> None:
    """ITU-T H.264 table 9-2."""
    bits = reader("".join(map(exp_golomb, numbers)))

    assert [bits.unsigned() for _ in numbers] == numbers


def test_signed_ones_alternate() -> None:
    """ITU-T H.264 table 9-3."""
    bits = reader("".join(map(exp_golomb, range(7))))

    assert [bits.signed() for _ in range(7)] == [0, 1, -1, 2, -2, 3, -3]


@given(st.integers(1, 1000), st.data())
def test_values_below_a_limit_take_no_more_than_they_need(limit: int, data: st.DataObject) -> None:
    """AV1 §4.10.7: the smaller ones have a bit less."""
    value = data.draw(st.integers(0, limit - 1))
    width = limit.bit_length()
    spare = (1 << width) - limit
    if value < spare:
        written = f"{value:b}".rjust(width - 1, "0")[-(width - 1) :] if width > 1 else ""
    else:
        written = f"{value + spare:0{width}b}"

    assert reader(written).below(limit) == value


@pytest.mark.parametrize("read", ["signed", "unsigned"])
def test_nothing_is_read_behind_the_end(read: str) -> None:
    """It is an `IndexError`, also in the middle of a field."""
    for data in (b"", b"\0\0", b"\x01"):
        with pytest.raises(IndexError):
            getattr(BitReader(data), read)()
    with pytest.raises(IndexError):
        BitReader(b"\xff").take(9)
