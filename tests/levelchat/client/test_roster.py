"""Laws of who is in the room."""

from fake_signal import ADA, BOB, ME, welcome
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from levelchat.client.room_events import (
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    Reconnected,
)
from levelchat.client.roster import Roster
from levelchat.contract import signal
from levelchat.contract.signal import ChatMessage, Delta, ParticipantState


def _people(roster: Roster) -> set[str]:
    return {each.identity for each in roster.participants.values()}


def _joined(*others: ParticipantState) -> Roster:
    roster = Roster()
    assert roster.receive(welcome(*others)) == []
    return roster


def _said(number: int) -> ChatMessage:
    return ChatMessage(id=f"msg_{number}", identity="ada", name="", text="hi", at=number)


def test_who_was_there_before_is_no_event() -> None:
    """The first welcome fills the roster in silence."""
    roster = _joined(ADA)

    assert _people(roster) == {"me", "ada"}
    assert (roster.me, roster.total, roster.mode, roster.whole) == (ME, 2, "sfu", True)


def test_deltas_come_and_go() -> None:
    """Who joins, changes and leaves is told, and the roster follows."""
    roster = _joined(ADA)
    waving = replace(ADA, hand=5)

    assert roster.receive(Delta(joined=(BOB,), total=3)) == [ParticipantJoined(BOB)]
    assert roster.receive(Delta(changed=(waving,), total=3)) == [ParticipantChanged(ADA, waving)]
    assert _people(roster) == {"me", "ada", "bob"}
    gone = {"id": ADA.id, "identity": "ada", "reason": "kicked"}
    assert roster.receive(Delta(left=(gone,), total=2)) == [ParticipantLeft(waving, "kicked")]
    assert (_people(roster), roster.total) == ({"me", "bob"}, 2)


def test_our_own_coming_is_no_event() -> None:
    """The delta about ourselves updates us, and says nothing."""
    roster = _joined()
    publishing = replace(ME, tracks=("audio",))

    assert roster.receive(Delta(joined=(ME,), total=1)) == []
    assert roster.receive(Delta(changed=(publishing,), total=1)) == [
        ParticipantChanged(ME, publishing)
    ]
    assert roster.me == publishing


def test_one_who_was_not_known_leaves_too() -> None:
    """In a large room not all are known; that one left is told by its identity."""
    roster = _joined()

    (event,) = roster.receive(Delta(left=({"id": "p_x", "identity": "x", "reason": "left"},)))

    assert isinstance(event, ParticipantLeft)
    assert event.participant.identity == "x"


def test_pages_fill_the_roster() -> None:
    """Further pages are no events either, and the last says that all are known."""
    roster = Roster()
    roster.receive(welcome(total=3, cursor="1"))

    assert not roster.whole
    assert roster.receive(signal.Roster(participants=(ADA,), total=3, cursor="2")) == []
    assert roster.receive(signal.Roster(participants=(BOB,), total=3)) == []
    assert _people(roster) == {"me", "ada", "bob"}
    assert roster.whole


def test_what_happened_while_we_were_away_is_told() -> None:
    """After a reconnection: who came, who went, who changed, and what was said."""
    roster = _joined(ADA)
    roster.receive(_said(1))
    carol = ParticipantState(id="p_carol", identity="carol")

    events = roster.receive(welcome(carol, resumed=True, chat=(_said(0), _said(1), _said(2))))

    assert events == [
        Reconnected(resumed=True),
        ParticipantJoined(carol),
        ParticipantLeft(ADA, ""),
        _said(2),
    ]
    assert [message.at for message in roster.chat] == [1, 2]
    assert _people(roster) == {"me", "carol"}


def test_nobody_is_taken_for_gone_before_the_last_page() -> None:
    """Who is not on the first page after a reconnection may be on the next."""
    roster = _joined(ADA, BOB)

    events = roster.receive(welcome(total=3, cursor="1"))
    assert events == [Reconnected(resumed=False)]
    assert roster.receive(signal.Roster(participants=(ADA,), total=2)) == [
        ParticipantLeft(BOB, "")
    ]


def test_without_the_other_pages_nobody_is_said_to_have_left() -> None:
    """Who will not be asked for is forgotten, not mourned."""
    roster = _joined(ADA)
    roster.receive(welcome(total=2, cursor="1"))
    roster.forget_unseen()

    assert roster.receive(signal.Roster(participants=(), total=2)) == []


def test_another_id_of_ours_is_not_somebody_else() -> None:
    """Joined anew, we are another participant; the old one left."""
    roster = _joined()
    anew = replace(ME, id="p_me2")

    events = roster.receive(welcome(participant=anew, participants=(anew,)))

    assert events == [Reconnected(resumed=False), ParticipantLeft(ME, "")]
    assert list(roster.participants) == ["p_me2"]


def test_a_crowd_is_bounded() -> None:
    """More than `most` are counted, not kept; nobody is lost by that, and total is true."""
    roster = Roster(most=2)
    roster.receive(welcome(ADA))

    roster.receive(Delta(joined=(BOB,), total=3))

    assert (len(roster.participants), roster.unlisted, roster.total) == (2, 1, 3)


def test_history_is_kept_as_long_as_a_joiner_is_given_it() -> None:
    """The last 100 messages, those of the welcome first."""
    roster = Roster()
    roster.receive(welcome(chat=(_said(0),)))
    for number in range(1, 150):
        assert roster.receive(_said(number)) == [_said(number)]

    assert [message.at for message in roster.chat] == list(range(50, 150))


def test_answers_to_commands_are_no_events() -> None:
    """`done` and `pong` are for who asked."""
    roster = _joined()

    assert roster.receive(signal.Done(ref=1)) == []
    assert roster.receive(signal.Pong(at=1)) == []


@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "again"]), st.integers(0, 4))))
def test_events_add_up_to_the_roster(steps: list[tuple[str, int]]) -> None:
    """Whoever follows the events from an empty room knows who is there."""
    roster = _joined()
    there: set[str] = set()
    heard: set[str] = set()
    for step, number in steps:
        who = ParticipantState(id=f"p_{number}", identity=str(number))
        if step == "join":
            there.add(who.id)
            message: signal.ServerMessage = Delta(joined=(who,), total=len(there) + 1)
        elif step == "leave":
            there.discard(who.id)
            message = Delta(left=({"id": who.id},), total=len(there) + 1)
        else:
            # The connection breaks; meanwhile this one goes and all others come.
            there = {f"p_{each}" for each in range(5)} - {who.id}
            message = welcome(*(ParticipantState(id=each, identity=each[2:]) for each in there))
        for event in roster.receive(message):
            if isinstance(event, ParticipantJoined):
                heard.add(event.participant.id)
            elif isinstance(event, ParticipantLeft):
                heard.discard(event.participant.id)
    assert heard == there == set(roster.participants) - {ME.id}
