"""Laws of datagrams that go together."""

import errno
import itertools
import sys
from typing import Any

import pytest
from forwardkit import bound_socket
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.forward.segments import MAX_BYTES, MAX_REFUSALS, MAX_SEGMENTS, Segments, runs
from levelchat.rtc.stun import Address

SIZES = st.lists(st.sampled_from([1, 90, 1200, 1201, 1500]), max_size=200)
DATAGRAMS = [bytes((number,)) * 1200 for number in range(9)] + [b"short", b"after"]


class Refusing:
    """A system that segments nothing, or takes nothing at all: no machine here is one."""

    def __init__(self, number: int, *, alone: bool) -> None:
        self.number = number
        self.alone = alone
        self.asked = 0
        self.taken: list[bytes] = []

    def sendmsg(self, *_: Any) -> None:
        self.asked += 1
        raise OSError(self.number, "refused")

    def sendto(self, datagram: bytes, _: Address) -> None:
        if not self.alone:
            raise OSError(self.number, "refused")
        self.taken.append(datagram)


@given(SIZES)
def test_runs_are_of_one_size_and_the_last_may_be_shorter(sizes: list[int]) -> None:
    """In order, all of them, and none more than the system takes at once."""
    datagrams = [bytes(size) for size in sizes]
    found = [list(run) for run in runs(datagrams)]

    assert [datagram for run in found for datagram in run] == datagrams
    for run in found:
        *equal, last = map(len, run)
        assert set(equal) <= {len(run[0])}
        assert last <= len(run[0])
        assert len(run) <= MAX_SEGMENTS
        assert sum(map(len, run)) <= MAX_BYTES


@given(SIZES)
def test_runs_are_as_long_as_may_be(sizes: list[int]) -> None:
    """The first of each could not have gone with those before it."""
    found = [list(map(len, run)) for run in runs([bytes(size) for size in sizes])]
    for run, following in itertools.pairwise(found):
        assert (
            following[0] > run[0]
            or run[-1] < run[0]
            or len(run) == MAX_SEGMENTS
            or sum(run) + following[0] > MAX_BYTES
        )


def test_each_arrives_as_it_is() -> None:
    """The receiver sees datagrams, not runs."""
    with bound_socket() as here, bound_socket() as there:
        assert Segments().send(here, DATAGRAMS, there.getsockname()) == []
        assert [there.recv(2048) for _ in DATAGRAMS] == DATAGRAMS
        assert Segments().send(here, DATAGRAMS[:1], there.getsockname()) == []
        assert there.recv(2048) == DATAGRAMS[0]


def test_what_is_not_segmented_goes_alone() -> None:
    """And who refused it often is not asked again."""
    system, segments = Refusing(errno.EINVAL, alone=True), Segments()
    for _ in range(MAX_REFUSALS + 5):
        assert segments.send(system, DATAGRAMS, ("127.0.0.1", 9)) == []  # type: ignore[arg-type]

    assert system.taken == DATAGRAMS * (MAX_REFUSALS + 5)
    assert system.asked == (MAX_REFUSALS if sys.platform == "linux" else 0)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EPERM, errno.EINVAL])
def test_what_nobody_takes_is_told(number: int) -> None:
    """All of it; a full buffer is no reason to segment no more."""
    system, segments = Refusing(number, alone=False), Segments()

    assert segments.send(system, DATAGRAMS, ("127.0.0.1", 9)) == DATAGRAMS  # type: ignore[arg-type]
    assert segments.send(system, DATAGRAMS[:1], ("127.0.0.1", 9)) == DATAGRAMS[:1]  # type: ignore[arg-type]
