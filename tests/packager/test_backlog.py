"""The laws of what is left undone."""

import pytest

from packager.backlog import Backlog

RANKS = 3


def _backlogs() -> list[Backlog]:
    return [Backlog(rank, RANKS, 30) for rank in range(RANKS)]


@pytest.mark.parametrize(
    ("waiting", "admitted"),
    [
        (0, [True, True, True]),
        (6, [True, True, True]),
        (7, [False, True, True]),
        (9, [False, False, True]),
        (12, [False, False, False]),
    ],
)
def test_frames_of_upper_renditions_go_first(waiting: int, admitted: list[bool]) -> None:
    """The more waits, the lower the renditions whose frames are left out."""
    backlogs = _backlogs()

    assert [backlog.admits(waiting, opens_part=False) for backlog in backlogs] == admitted


@pytest.mark.parametrize("waiting", [0, 7, 14])
def test_the_frame_that_opens_a_part_goes_last(waiting: int) -> None:
    """Up to the bound, every part has at least its first frame."""
    assert all(backlog.admits(waiting, opens_part=True) for backlog in _backlogs())


def test_a_part_is_given_up_whole() -> None:
    """Where even the first frame is left out, so are the others of its part, and no more."""
    backlog = Backlog(0, 1, 30)

    assert not backlog.admits(15, opens_part=True)
    assert not backlog.admits(0, opens_part=False)
    assert backlog.admits(0, opens_part=True)
    assert backlog.admits(0, opens_part=False)


@pytest.mark.parametrize("rate", [15, 30, 60, 120])
def test_nothing_waits_half_a_second(rate: int) -> None:
    """The bound is half a second at every frame rate."""
    bound = rate // 2

    assert not any(
        Backlog(rank, RANKS, rate).admits(bound, opens_part=opens)
        for rank in range(RANKS)
        for opens in (True, False)
    )
