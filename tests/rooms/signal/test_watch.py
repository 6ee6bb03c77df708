"""A wheel that pings all, and loses exactly the silent."""

from hypothesis import given
from hypothesis import strategies as st

from rooms.signal.watch import ASLEEP_MS, GOODBYE_MS, LOST_MS, Watch


class _Fake:
    def __init__(self, heard: int = 0) -> None:
        self.heard = heard
        self.slot = 0


def test_everybody_is_pinged_every_fifteen_seconds() -> None:
    """Each once, and never all at the same time."""
    watch: Watch[_Fake] = Watch()
    connections = [_Fake() for _ in range(150)]
    for each in connections:
        watch.add(each)

    pinged = [watch.tick(second * 1_000).ping for second in range(15)]

    assert sorted(map(len, pinged)) == [10] * 15
    assert {id(each) for group in pinged for each in group} == {id(each) for each in connections}


@given(st.integers(0, 60), st.integers(0, 30))
def test_a_silent_client_is_lost_within_45_seconds(joined: int, last: int) -> None:
    """Never before two pings went unanswered (rooms.md §2)."""
    watch: Watch[_Fake] = Watch()
    for second in range(joined):
        watch.tick(second * 1_000)
    client = _Fake()
    watch.add(client)
    for second in range(joined, joined + 100):
        if second <= joined + last:
            client.heard = second * 1_000
        if client in watch.tick(second * 1_000).lost:
            silence = second * 1_000 - client.heard
            assert LOST_MS <= silence <= 45_000
            return
    raise AssertionError("never lost")


def test_a_process_that_slept_takes_nobody_for_dead() -> None:
    """A laptop's lid, a stopped container: clients get the time to answer again."""
    watch: Watch[_Fake] = Watch()
    client = _Fake()
    watch.add(client)
    watch.tick(0)

    woken = 3_600_000
    assert woken > ASLEEP_MS
    for second in range(39):
        assert watch.tick(woken + second * 1_000).lost == []
    lost = [client in watch.tick(woken + second * 1_000).lost for second in range(39, 46)]
    assert any(lost)


def test_who_does_not_say_goodbye_is_cut_off() -> None:
    """Once, after a moment, and without pings until then."""
    watch: Watch[_Fake] = Watch()
    rude, polite = _Fake(), _Fake()
    for each in (rude, polite):
        watch.add(each)
        watch.closing(each, 0)
    watch.remove(polite)

    due = [watch.tick(second * 1_000) for second in range(5)]

    assert [len(each.cut) for each in due] == [0, 0, 1, 0, 0]
    assert due[GOODBYE_MS // 1_000].cut == [rude]
    assert not any(each.ping for each in due)
    assert watch.all() == []
