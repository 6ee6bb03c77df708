"""Laws of levelchat.bus.directory_known."""

from hypothesis import given
from hypothesis import strategies as st

from levelchat.bus import directory_known
from levelchat.bus.directory_known import Known

SECOND = 1_000_000_000
KEYS = st.sampled_from(["a.1", "a.2", "b.1"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), KEYS, st.sampled_from([b"x", b"y"])),
        st.tuples(st.just("drop"), KEYS, st.just(b"")),
        st.tuples(st.just("wait"), st.integers(0, 3 * SECOND), st.just(b"")),
    ),
    max_size=40,
)


@given(STEPS)
def test_who_watches_knows_what_was_heard_in_time(
    steps: list[tuple[str, str | int, bytes]],
) -> None:
    """Whatever happens, a watcher's changes add up to the records heard within the time to live,
    and no change is told twice.
    """
    known, now = Known(2.0), 0
    seen: dict[str, bytes] = {}
    heard: dict[str, tuple[bytes, int]] = {}

    def on_change(key: str, record: bytes | None) -> None:
        assert seen.get(key) != record
        if record is None:
            del seen[key]
        else:
            seen[key] = record

    known.watch("a.", on_change)
    for what, key, record in steps:
        if what == "wait":
            now += int(key)
        elif what == "hear":
            known.hear(str(key), record, now)
            heard[str(key)] = (record, now)
        else:
            known.drop(str(key))
            heard.pop(str(key), None)
        known.expire(now)
        heard = {key: told for key, told in heard.items() if now - told[1] <= 2 * SECOND}
        assert seen == {key: told[0] for key, told in heard.items() if key.startswith("a.")}


def test_after_an_outage_all_have_the_time_to_repeat() -> None:
    """What was known before still is for one time to live."""
    known = Known(2.0)
    known.hear("a", b"1", 0)
    known.refresh(10 * SECOND)
    known.expire(12 * SECOND)
    assert len(known) == 1
    known.expire(12 * SECOND + 1)
    assert len(known) == 0


def test_it_is_bounded() -> None:
    """Beyond the bound new records are not kept; known ones change on."""
    known = Known(2.0)
    for number in range(directory_known.MAX_RECORDS + 5):
        known.hear(str(number), b"1", 0)
    changes: list[bytes | None] = []
    known.watch("7", lambda key, record: changes.append(record) if key == "7" else None)
    known.hear("7", b"2", 1)
    assert len(known) == directory_known.MAX_RECORDS
    assert changes == [b"1", b"2"]
