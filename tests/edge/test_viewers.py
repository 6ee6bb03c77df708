"""Laws of edge.viewers: who is here, and who has gone, by the clock alone."""

import pytest

from edge.errors import TooManyViewers
from edge.viewers import IDLE_NS, REFUSED_NS, Stage, Viewers
from levelchat.auth.capability import Capability
from levelchat.auth.token import Grant
from levelchat.errors import PeerError
from levelchat.media.time import NANOSECOND


def grant(token_id: str, room: str = "r_1") -> Grant:
    return Grant(
        room=room,
        media_id=room,
        identity="eve",
        capabilities=frozenset({Capability.SUBSCRIBE_ALL}),
        token_id=token_id,
        expires=0,
    )


def test_a_token_is_one_viewer_in_each_room() -> None:
    """Whatever is asked for with one token in one room is asked for by one viewer."""
    viewers = Viewers(10)
    viewer = viewers.add(grant("t1"), 0)

    assert viewers.find(grant("t1"), 1) is viewer
    assert viewers.find(grant("t2"), 1) is None
    assert viewers.find(grant("t1", "r_2"), 1) is None


def test_who_is_quiet_has_left_when_last_seen() -> None:
    """After 20 s without a request a viewer is given up; others stay."""
    viewers = Viewers(10)
    first, second = viewers.add(grant("t1"), 0), viewers.add(grant("t2"), 0)
    viewers.find(grant("t1"), NANOSECOND)

    assert viewers.leave_quiet(IDLE_NS - 1) == []
    assert viewers.leave_quiet(IDLE_NS) == [second]
    assert viewers.leave_quiet(NANOSECOND + IDLE_NS) == [first]
    assert (first.seen_ns, first.gone, len(viewers)) == (NANOSECOND, True, 0)


def test_viewers_are_bounded() -> None:
    """One too many is refused; when somebody leaves there is room again."""
    viewers = Viewers(1)
    viewers.add(grant("t1"), 0)
    with pytest.raises(TooManyViewers):
        viewers.add(grant("t2"), 0)
    viewers.leave_quiet(IDLE_NS)

    viewers.add(grant("t2"), IDLE_NS)
    assert len(viewers.leave_all()) == 1
    assert len(viewers) == 0


def test_a_refusal_stands_for_a_while() -> None:
    """It is told at once for 5 s, then rooms may be asked again."""
    viewer = Viewers(1).add(grant("t1"), 0)
    assert viewer.may_ask(0)
    viewer.ask()
    assert not viewer.may_ask(0)
    error = PeerError("full")
    viewer.refuse(error, 0)
    viewer.forget_asking()

    assert viewer.standing_refusal(REFUSED_NS - 1) is error
    assert not viewer.may_ask(REFUSED_NS - 1)
    assert viewer.standing_refusal(REFUSED_NS) is None
    assert viewer.may_ask(REFUSED_NS)


def test_a_question_without_answer_is_asked_again() -> None:
    """Where the asking broke off, the next request begins anew."""
    viewer = Viewers(1).add(grant("t1"), 0)
    viewer.ask()
    viewer.forget_asking()

    assert viewer.stage is Stage.NEW
