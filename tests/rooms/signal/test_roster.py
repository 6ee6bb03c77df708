"""Who is in a room: what deltas add up to, in which order pages come."""

from collections.abc import Callable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from levelchat.contract.signal import Delta, ParticipantState
from rooms.signal.roster import REMEMBERED, Presence, Roster


def _presence(
    number: int,
    identity: str | None = None,
    transport: str = "signal",
    capabilities: tuple[str, ...] = ("subscribe:all",),
    session: str = "",
) -> Presence:
    name = identity or f"user-{number}"
    return Presence(
        session or f"s_{number:05}",
        f"p_{name}",
        name,
        name.title(),
        capabilities,
        transport,
        1_000 + number,
    )


def _everybody(roster: Roster, limit: int = 7) -> list[ParticipantState]:
    found: list[ParticipantState] = []
    cursor = ""
    while True:
        page, cursor = roster.page(cursor, limit)
        found += page
        if not cursor:
            return found


def _apply(known: dict[str, ParticipantState], delta: Delta | None) -> None:
    """As a client does it: joined, changed, left."""
    if delta is None:
        return
    for each in (*delta.joined, *delta.changed):
        known[each.id] = each
    for gone in delta.left:
        known.pop(gone["id"], None)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.integers(0, 5), st.sampled_from(["signal", "whip", "hls"])),
        st.tuples(st.just("close"), st.integers(0, 17), st.just("")),
        st.tuples(st.just("hand"), st.integers(0, 5), st.sampled_from(["up", ""])),
        st.tuples(st.just("forbid"), st.integers(0, 5), st.sampled_from(["yes", ""])),
        st.tuples(st.just("tracks"), st.integers(0, 17), st.sampled_from(["video", ""])),
        st.tuples(st.just("tell"), st.just(0), st.just("")),
        st.tuples(st.just("arrive"), st.just(0), st.just("")),
    ),
    max_size=60,
)
_TRANSPORTS = ("signal", "whip", "hls")


def _do(roster: Roster, what: str, number: int, detail: str) -> None:
    actions: dict[str, Callable[[], object]] = {
        "open": lambda: roster.open(
            _presence(
                number,
                transport=detail,
                session=f"s_{3 * number + _TRANSPORTS.index(detail)}",
            )
        ),
        "close": lambda: roster.close(f"s_{number}", "left"),
        "hand": lambda: roster.raise_hand(f"p_user-{number}", 5 if detail else None),
        "forbid": lambda: roster.forbid(f"user-{number}", forbidden=bool(detail)),
        "tracks": lambda: roster.set_tracks(f"s_{number}", (detail,) if detail else None),
    }
    actions[what]()


@given(_steps)
def test_deltas_lead_every_witness_to_the_same_roster(steps: list[tuple[str, int, str]]) -> None:
    """Whoever took a snapshot at any moment and heard every delta since, knows who is there."""
    roster = Roster()
    witnesses: list[dict[str, ParticipantState]] = [{}]
    for what, number, detail in steps:
        if what == "tell":
            delta = roster.take_delta()
            for known in witnesses:
                _apply(known, delta)
        elif what == "arrive":
            witnesses.append({each.id: each for each in _everybody(roster)})
        else:
            _do(roster, what, number, detail)

    delta = roster.take_delta()
    now = {each.id: each for each in _everybody(roster)}
    for known in witnesses:
        _apply(known, delta)
        assert known == now
    assert roster.take_delta() is None
    assert roster.listed == len(now)
    assert roster.total >= roster.listed


def test_those_who_publish_or_moderate_come_first() -> None:
    """Within each group by joining; pages meet without a gap."""
    roster = Roster()
    for number in range(20):
        capabilities = ("publish:camera",) if number % 5 == 4 else ("subscribe:all",)
        roster.open(_presence(number, f"u{number:02}", capabilities=capabilities))

    names = [each.identity for each in _everybody(roster)]

    assert names[:4] == ["u04", "u09", "u14", "u19"]
    assert names[4:] == sorted(names[4:])
    assert len(set(names)) == 20


def test_who_comes_or_goes_between_two_pages_disturbs_nobody() -> None:
    """A cursor is a place in the order, not a number."""
    roster = Roster()
    for number in range(10):
        roster.open(_presence(number, f"u{number}"))
    first, cursor = roster.page("", 5)

    roster.close("s_00004", "left")
    roster.close("s_00007", "left")
    rest, end = roster.page(cursor, 5)

    assert [each.identity for each in first] == ["u0", "u1", "u2", "u3", "u4"]
    assert [each.identity for each in rest] == ["u5", "u6", "u8", "u9"]
    assert end == ""


def test_a_participant_is_there_while_any_session_is() -> None:
    """One more connection is a change; the last one's end is the leaving."""
    roster = Roster()
    roster.open(_presence(1, "ada"))
    roster.take_delta()

    roster.open(_presence(2, "ada", "whip", ("publish:camera",)))
    changed = roster.take_delta()
    roster.close("s_00001", "left")
    still = roster.take_delta()
    roster.close("s_00002", "kicked")
    gone = roster.take_delta()

    assert changed is not None
    assert changed.changed[0].transports == ("signal", "whip")
    assert changed.changed[0].tracks == ("audio", "video")
    assert changed.changed[0].capabilities == ("publish:camera", "subscribe:all")
    assert still is not None
    assert not still.left
    assert gone is not None
    assert gone.left == ({"id": "p_ada", "identity": "ada", "reason": "kicked"},)


def test_reconnecting_is_no_news() -> None:
    """A new connection that takes the old one's place changes nothing for others."""
    roster = Roster()
    roster.open(_presence(1, "ada"))
    roster.take_delta()

    roster.open(_presence(2, "ada"))
    roster.close("s_00001", "replaced")

    assert roster.take_delta() is None
    assert roster.signal_session("p_ada") == "s_00002"


def test_viewers_of_hls_are_counted_and_not_listed() -> None:
    """Each once, however many of its sessions there are; not again if it signals as well."""
    roster = Roster()
    roster.open(_presence(1, "ada"))
    for number in range(2, 5):
        roster.open(_presence(number, f"viewer-{number % 2}", "hls"))
    roster.open(_presence(9, "ada", "hls"))

    delta = roster.take_delta()

    assert delta is not None
    assert [each.identity for each in delta.joined] == ["ada"]
    assert delta.total == roster.total == 3
    roster.close("s_00003", "left")
    assert roster.is_stale
    assert not roster.has_news
    after = roster.take_delta()
    assert after is not None
    assert (after.total, after.left) == (2, ())


def test_what_closed_before_it_opened_stays_closed() -> None:
    """News of a kick may overtake the kicked; unless the bus says that it opened again."""
    roster = Roster()
    roster.close("s_00001", "kicked")

    assert not roster.open(_presence(1), heard=False)
    assert roster.reason("s_00001") == "kicked"
    assert roster.open(_presence(1))
    assert roster.has_session("s_00001")


def test_closed_sessions_are_not_remembered_for_ever() -> None:
    """Only the last ones."""
    roster = Roster()
    for number in range(REMEMBERED + 1):
        roster.close(f"s_{number}", "left")

    assert roster.reason("s_0") == ""
    assert roster.reason("s_1") == "left"


def test_the_store_has_the_last_word() -> None:
    """After messages were lost, who is not in the store is gone, and who is is there."""
    roster = Roster()
    roster.open(_presence(1, "ada"))
    roster.open(_presence(2, "bob"))
    roster.take_delta()

    roster.reset([_presence(2, "bob"), _presence(3, "eve")])
    roster.allow_all_but({"bob"})
    delta = roster.take_delta()

    assert delta is not None
    assert [each.identity for each in delta.joined] == ["eve"]
    assert [each["identity"] for each in delta.left] == ["ada"]
    assert [each.identity for each in delta.changed if each.publishing_forbidden] == ["bob"]


def test_what_others_must_know_can_be_handed_on() -> None:
    """Hands and tracks are in no table; another replica asks for them."""
    roster = Roster()
    roster.open(_presence(1, "ada", "whip", ("publish:camera",)))
    roster.raise_hand("p_ada", 77)
    roster.set_tracks("s_00001", ("audio",))

    other = Roster()
    other.open(_presence(1, "ada", "whip", ("publish:camera",)))
    for participant, at in roster.hands().items():
        other.raise_hand(participant, at)
    for session, kinds in roster.tracks().items():
        other.set_tracks(session, kinds)

    assert other.find("ada") == roster.find("ada")
    assert msgspec.to_builtins(other.find("ada"))["hand"] == 77
