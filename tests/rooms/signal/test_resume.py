"""Tickets: one use, thirty seconds, nobody else's."""

from rooms.signal import resume
from rooms.signal.resume import RESUME_MS, Tickets


def test_a_ticket_is_good_once() -> None:
    """And while its session is connected it does not grow old."""
    tickets = Tickets()
    ticket = tickets.issue("s_1", "secret")

    assert tickets.redeem(ticket, 10_000_000) == "s_1"
    assert tickets.redeem(ticket, 10_000_000) is None


def test_a_ticket_lasts_for_thirty_seconds_after_the_break() -> None:
    """A millisecond less is in time, a millisecond more is not."""
    tickets = Tickets()
    for session, at, expected in (("s_1", RESUME_MS - 1, "s_1"), ("s_2", RESUME_MS, None)):
        ticket = tickets.issue(session, "secret")
        tickets.broken(session, 0)
        assert tickets.redeem(ticket, at) == expected


def test_a_guess_is_worth_nothing() -> None:
    """Nor is the ticket before the last one, nor one of a session that is over."""
    tickets = Tickets()
    old = tickets.issue("s_1", "first")
    new = tickets.issue("s_1", "second")

    for wrong in (old, "s_1.", "s_1", "", "s_1.sécond", "s_2.second"):
        assert tickets.redeem(wrong, 0) is None
    tickets.forget("s_1")
    assert tickets.redeem(new, 0) is None
    assert len(tickets) == 0


def test_another_replica_reads_the_session() -> None:
    """The ticket names it; the token proves the rest."""
    assert resume.split("s_1.secret") == ("s_1", "secret")
