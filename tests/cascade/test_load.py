"""Laws of how busy a node is."""

from cascade.load import Load, Spent
from levelchat.media.time import NANOSECOND


def after(seconds: int, packets: int, processor: float, cores: int = 1) -> Load:
    """A load that has gone on for so long."""
    load = Load(packet_budget=1000, processor_budget=80, cores=cores)
    for at in range(seconds + 1):
        load.note(Spent(packets * at, int(processor * at * NANOSECOND)), at * NANOSECOND)
    return load


def test_the_nearest_budget_counts() -> None:
    """Packets or processor, whichever ends first."""
    assert 0.49 < after(10, 500, 0.1).share < 0.51
    assert 0.99 < after(10, 500, 0.8).share < 1.01
    assert after(10, 500, 0.1).packets == 500


def test_more_cores_have_more_time() -> None:
    """Each shard its own."""
    assert 0.49 < after(10, 0, 0.8, cores=2).share < 0.51


def test_one_look_tells_nothing() -> None:
    """And neither does a moment."""
    load = Load(packet_budget=1, processor_budget=1, cores=1)
    load.note(Spent(10**6, 10**12), 0)
    load.note(Spent(10**9, 10**12), 1000)

    assert load.share == 0.0
