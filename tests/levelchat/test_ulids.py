"""ULIDs are those of the specification, and of the library that others read them with."""

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from levelchat import ulids

MILLIS = st.integers(0, 2**48 - 1)
RANDOMNESS = st.integers(0, 2**80 - 1)


@given(MILLIS, RANDOMNESS)
def test_the_library_reads_what_we_write(millis: int, randomness: int) -> None:
    """The same 128 bits, the same letters."""
    made = ulids.ulid(millis, randomness)

    assert made == str(ULID.from_int(millis << 80 | randomness))


@given(MILLIS, MILLIS, RANDOMNESS)
def test_they_sort_by_time(one: int, other: int, randomness: int) -> None:
    """Text order is time order."""
    assert (ulids.ulid(one, randomness) < ulids.ulid(other, randomness)) is (one < other)


def test_no_two_are_alike() -> None:
    """80 bits of randomness in each millisecond."""
    assert len({ulids.new() for _ in range(10_000)}) == 10_000
