"""The laws of what is left undone."""

import pytest

from packager.backlog import Backlog, Progress

MS = 1_000_000
NOW = 1_700_000_000_000 * MS


def _progress(behind_ms: int) -> Progress:
    progress = Progress()
    progress.now_ns = NOW
    progress.working_ns = NOW - behind_ms * MS
    return progress


def _backlogs(*behind_ms: int) -> list[Backlog]:
    """One a rendition, from the top rung down."""
    progress = [_progress(behind) for behind in behind_ms]
    return [Backlog(own, progress[rank + 1 :], len(progress)) for rank, own in enumerate(progress)]


@pytest.mark.parametrize(
    ("behind_ms", "admitted"),
    [
        (0, [True, True, True]),
        (250, [True, True, True]),
        (251, [False, True, True]),
        (334, [False, False, True]),
        (417, [False, False, False]),
    ],
)
def test_frames_of_upper_renditions_go_first(behind_ms: int, admitted: list[bool]) -> None:
    """The longer frames wait, the lower the renditions whose frames are left out."""
    backlogs = _backlogs(behind_ms, behind_ms, behind_ms)

    assert [backlog.admits(opens_part=False) for backlog in backlogs] == admitted


def test_upper_renditions_make_room_for_lower_ones() -> None:
    """A small rendition that waits stops the frames of the larger ones, not the reverse."""
    assert [b.admits(opens_part=False) for b in _backlogs(0, 0, 300)] == [False, True, True]
    assert [b.admits(opens_part=False) for b in _backlogs(9_000, 0, 0)] == [False, True, True]


@pytest.mark.parametrize("behind_ms", [0, 260, 500])
def test_the_frame_that_opens_a_part_goes_last(behind_ms: int) -> None:
    """Up to the bound, every part has at least its first frame."""
    backlogs = _backlogs(behind_ms, behind_ms)

    assert all(backlog.admits(opens_part=True) for backlog in backlogs)


def test_a_part_is_given_up_whole() -> None:
    """Where even the first frame is left out, so are the others of its part, and no more."""
    progress = _progress(501)
    backlog = Backlog(progress, (), 1)

    assert not backlog.admits(opens_part=True)
    progress.working_ns = NOW
    assert not backlog.admits(opens_part=False)
    assert backlog.admits(opens_part=True)
    assert backlog.admits(opens_part=False)


def test_an_idle_encoder_is_not_behind() -> None:
    """Time that passes without work is nobody's fault."""
    progress = Progress()
    progress.now_ns = NOW

    assert progress.behind_ns == 0
