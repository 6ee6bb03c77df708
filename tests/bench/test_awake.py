"""Laws of bench.awake."""

import os

import pytest

from bench.awake import awake


def test_a_processor_is_kept_awake_by_nobody_who_is_in_the_way() -> None:
    """One process each, on that processor, which yields to all others and is gone afterwards."""
    processors = os.sched_getaffinity(0)
    with awake(processors) as spinners:
        assert [os.sched_getaffinity(pid) for pid in spinners] == [{one} for one in processors]
        assert {os.sched_getscheduler(pid) for pid in spinners} == {os.SCHED_IDLE}
    for pid in spinners:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
