"""The laws of the ladder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.ladder import Growth, select
from packager.settings import PackagerSettings

RUNGS = PackagerSettings().ladder
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 1080, {"v720": (1280, 720), "v480": (854, 480), "v240": (426, 240)}),
        (1280, 720, {"v720": (1280, 720), "v480": (854, 480), "v240": (426, 240)}),
        (720, 1280, {"v720": (720, 1280), "v480": (480, 854), "v240": (240, 426)}),
        (960, 540, {"v540": (960, 540), "v240": (426, 240)}),
        (640, 480, {"v480": (640, 480), "v240": (320, 240)}),
        (640, 360, {"v360": (640, 360), "v240": (426, 240)}),
        (480, 270, {"v270": (480, 270)}),
        (320, 180, {"v180": (320, 180)}),
        (641, 361, {"v360": (640, 360), "v240": (426, 240)}),
        (64, 2, {"v2": (64, 2)}),
    ],
)
def test_the_ladder_fits_its_source(
    width: int, height: int, expected: dict[str, tuple[int, int]]
) -> None:
    """Rungs are clipped to the source, near duplicates removed, names come from the short side."""
    steps = select(RUNGS, width, height)

    assert {step.name: (step.width, step.height) for step in steps} == expected


def test_a_clipped_rung_needs_less() -> None:
    """A rung that is clipped to the source is given bits by its size."""
    assert [step.bitrate for step in select(RUNGS, 640, 360)] == [900_000, 400_000]


@given(width=st.integers(2, 8000), height=st.integers(2, 8000))
def test_no_step_is_larger_than_its_source(width: int, height: int) -> None:
    """Sizes are even, not above the source, of its shape, and named apart."""
    steps = select(RUNGS, width, height)

    assert steps
    assert len({step.name for step in steps}) == len(steps)
    for step in steps:
        assert step.width % 2 == step.height % 2 == 0
        assert 2 <= step.width <= max(2, width)
        assert 2 <= step.height <= max(2, height)
        assert abs(step.width * height - step.height * width) <= 2 * max(width, height)


def _observe(growth: Growth, width: int, height: int, start: int, seconds: int) -> list[str]:
    return [
        step.name
        for tenth in range(seconds * 10)
        for step in growth.observe(width, height, start * SECOND + tenth * SECOND // 10)
    ]


def test_a_source_that_grew_gets_its_rungs() -> None:
    """After 3 s at a whole rung, what is missing joins; before, nothing does."""
    growth = Growth(RUNGS, select(RUNGS, 640, 360))

    assert _observe(growth, 640, 360, 0, 20) == []
    assert _observe(growth, 1280, 720, 20, 3) == []
    assert _observe(growth, 1280, 720, 23, 3) == ["v720", "v480"]
    assert _observe(growth, 1280, 720, 26, 30) == []


def test_a_passing_size_joins_late() -> None:
    """A size between rungs is a step on Chrome's way up, unless it stays."""
    growth = Growth(RUNGS, select(RUNGS, 320, 180))

    assert _observe(growth, 480, 270, 0, 11) == []
    assert _observe(growth, 640, 360, 11, 4) == ["v240"]
    assert _observe(growth, 640, 360, 15, 10) == ["v360"]


def test_a_source_that_shrinks_changes_nothing() -> None:
    """Running renditions stay; none is added below."""
    growth = Growth(RUNGS, select(RUNGS, 1280, 720))

    assert _observe(growth, 640, 360, 0, 30) == []
    assert _observe(growth, 1280, 720, 30, 30) == []


def test_growing_is_bounded() -> None:
    """However often the source grows, the encoders stay few, and one is the top rung's."""
    running = select(RUNGS, 160, 90)
    growth = Growth(RUNGS, running)
    added = []
    for number, height in enumerate((120, 160, 210, 280, 360, 480, 600, 720, 1080)):
        added += _observe(growth, height * 16 // 9, height, number * 20, 20)

    assert len(added) + len(running) <= len(RUNGS) + 2
    assert added[-1] == "v720"
