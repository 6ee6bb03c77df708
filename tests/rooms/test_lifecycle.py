"""The life of a room: a table, and a day of it in a millisecond."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sessionrows import session_row

from rooms import lifecycle
from rooms.errors import ImpossibleTransition
from rooms.hosts import attendance
from rooms.lifecycle import ARCHIVE_AFTER, HOST_GRACE, OVER, TRANSITIONS, Facts, Verdict
from rooms.model import DAY, SECOND, EndReason, RoomState, Session

GRACE = 20 * SECOND
LATEST = 20 * SECOND
"""rooms.md §2: the reaper ticks at most 20 s apart."""
NOW = 1_000 * DAY
POSSIBLE = {
    ("pending", "active"),
    ("pending", "ended"),
    ("created", "active"),
    ("created", "ended"),
    ("active", "ended"),
    ("ended", "archived"),
}


def _active(
    *,
    anyone: bool = False,
    host: bool = False,
    left: int | None = None,
    host_left: int | None = None,
) -> Facts:
    return Facts(RoomState.ACTIVE, None, anyone, host, left, host_left)


@pytest.mark.parametrize("to", RoomState)
@pytest.mark.parametrize("came_from", RoomState)
def test_no_other_transition_exists(came_from: RoomState, to: RoomState) -> None:
    """rooms.md §2: created, active, ended, archived; pending is another created."""
    if (came_from.value, to.value) in POSSIBLE:
        lifecycle.check(came_from, to)
    else:
        with pytest.raises(ImpossibleTransition, match=f"{came_from.value}.*{to.value}"):
            lifecycle.check(came_from, to)


def test_the_table_names_every_state() -> None:
    """A state that is added gets its row."""
    assert set(TRANSITIONS) == set(RoomState)


@pytest.mark.parametrize(
    ("scheduled_for", "state"),
    [
        (None, RoomState.CREATED),
        (NOW - 1, RoomState.CREATED),
        (NOW, RoomState.CREATED),
        (NOW + 1, RoomState.PENDING),
    ],
)
def test_the_first_state(scheduled_for: int | None, state: RoomState) -> None:
    """Only a room scheduled for later is pending."""
    assert lifecycle.first_state(scheduled_for, NOW) is state


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        # Somebody is there, and a host, or there never was one.
        (_active(anyone=True, host=True), Verdict()),
        (_active(anyone=True, host=True, left=NOW - DAY, host_left=NOW - DAY), Verdict()),
        (_active(anyone=True, left=NOW - DAY), Verdict()),
        # Nobody is there.
        (_active(left=NOW), Verdict(deadline=NOW + GRACE)),
        (_active(left=NOW - GRACE + 1), Verdict(deadline=NOW + 1)),
        (_active(left=NOW - GRACE), Verdict(EndReason.EMPTY, deadline=NOW + ARCHIVE_AFTER)),
        (_active(), Verdict(EndReason.EMPTY, deadline=NOW + ARCHIVE_AFTER)),
        # The host left.
        (_active(anyone=True, host_left=NOW), Verdict(deadline=NOW + HOST_GRACE)),
        (
            _active(anyone=True, left=NOW, host_left=NOW - HOST_GRACE),
            Verdict(EndReason.HOST_LEFT, deadline=NOW + ARCHIVE_AFTER),
        ),
        # Both: the first to come counts, and at the same instant the host's.
        (_active(left=NOW, host_left=NOW), Verdict(deadline=NOW + HOST_GRACE)),
        (
            _active(left=NOW - GRACE, host_left=NOW - GRACE),
            Verdict(EndReason.HOST_LEFT, deadline=NOW + ARCHIVE_AFTER),
        ),
        (
            _active(left=NOW - GRACE, host_left=NOW - GRACE + HOST_GRACE),
            Verdict(EndReason.EMPTY, deadline=NOW + ARCHIVE_AFTER),
        ),
        (
            _active(left=NOW - GRACE, host_left=NOW - HOST_GRACE),
            Verdict(EndReason.HOST_LEFT, deadline=NOW + ARCHIVE_AFTER),
        ),
    ],
)
def test_when_an_active_room_ends(facts: Facts, verdict: Verdict) -> None:
    """rooms.md §2: empty for the grace period, or 15 s without a host."""
    assert lifecycle.decide(facts, NOW, GRACE) == verdict


@pytest.mark.parametrize(
    ("ended_at", "verdict"),
    [
        (NOW, Verdict(deadline=NOW + DAY)),
        (NOW - DAY + 1, Verdict(deadline=NOW + 1)),
        (NOW - DAY, Verdict(archive=True)),
        (NOW - 9 * DAY, Verdict(archive=True)),
    ],
)
def test_an_ended_room_is_archived_a_day_later(ended_at: int, verdict: Verdict) -> None:
    """rooms.md §2: 24 h after it ended."""
    facts = Facts(RoomState.ENDED, ended_at, False, False, None, None)

    assert lifecycle.decide(facts, NOW, GRACE) == verdict


@given(st.sampled_from([RoomState.PENDING, RoomState.CREATED, RoomState.ARCHIVED]), st.integers())
def test_an_idle_room_is_never_looked_at(state: RoomState, now: int) -> None:
    """rooms.md §1: an idle room costs nothing, so it has no deadline."""
    facts = Facts(state, None, False, False, None, None)

    assert lifecycle.decide(facts, now, GRACE) == Verdict()


class Day(RuleBasedStateMachine):
    """People come and go; a sweeper looks when a deadline is over, up to 20 s late."""

    @initialize(
        scheduled=st.sampled_from([None, NOW + 3600 * SECOND]),
        grace=st.integers(1, 60 * SECOND),
    )
    def create(self, scheduled: int | None, grace: int) -> None:
        self.now = NOW
        self.grace = grace
        self.state = lifecycle.first_state(scheduled, NOW)
        self.sessions: list[Session] = []
        self.moderated = False
        self.ended_at: int | None = None
        self.deadline: int | None = None
        self.reason: EndReason | None = None

    @precondition(lambda self: self.state not in OVER)
    @rule(moderator=st.booleans(), publisher=st.booleans())
    def join(self, *, moderator: bool, publisher: bool) -> None:
        if self.state is not RoomState.ACTIVE:
            self._move(RoomState.ACTIVE)
        self.moderated = self.moderated or moderator
        self.sessions.append(
            session_row(moderator=moderator, publisher=publisher, joined_at=self.now)
        )
        self._settle()

    @precondition(lambda self: self._present())
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(self._present()))
        self._close(index, self.now)
        self._settle()

    @precondition(lambda self: self._present())
    @rule(data=st.data(), ago=st.integers(0, 60 * SECOND))
    def is_found_lost(self, data: st.DataObject, ago: int) -> None:
        """The reaper closes a session at the time that it was last seen."""
        index = data.draw(st.sampled_from(self._present()))
        self._close(index, max(self.sessions[index].joined_at, self.now - ago))
        self._settle()

    @rule(millis=st.integers(0, 30 * SECOND), late=st.integers(0, LATEST))
    def time_passes(self, millis: int, late: int) -> None:
        self._pass(millis, late)

    @rule(late=st.integers(0, LATEST))
    def a_day_passes(self, late: int) -> None:
        self._pass(DAY + 2 * LATEST, late)

    @precondition(lambda self: self.state not in OVER)
    @rule()
    def is_deleted(self) -> None:
        self._end(EndReason.HOST_ENDED)
        self._settle()

    @invariant()
    def a_deadline_is_no_older_than_a_sweep(self) -> None:
        assert self.deadline is None or self.deadline >= self.now - LATEST

    @invariant()
    def a_room_without_a_host_or_anybody_has_a_deadline(self) -> None:
        if self.state is not RoomState.ACTIVE:
            return
        there = attendance(self.sessions, moderated=self.moderated)
        if not there.anyone:
            assert there.last_left_at is not None
            assert self.deadline is not None
            assert self.deadline <= there.last_left_at + self.grace
        elif there.host or there.last_host_left_at is None:
            assert self.deadline is None
        else:
            assert self.deadline == there.last_host_left_at + HOST_GRACE

    @invariant()
    def nobody_is_in_a_room_that_is_over(self) -> None:
        assert self.state not in OVER or not self._present()

    def _pass(self, millis: int, late: int) -> None:
        until = self.now + millis
        while self.deadline is not None and self.deadline + late <= until:
            self.now = max(self.now, self.deadline + late)
            self._settle()
        self.now = until

    def _settle(self) -> None:
        there = attendance(self.sessions, moderated=self.moderated)
        facts = Facts(
            self.state,
            self.ended_at,
            there.anyone,
            there.host,
            there.last_left_at,
            there.last_host_left_at,
        )
        verdict = lifecycle.decide(facts, self.now, self.grace)
        if verdict.end is not None:
            _check_reason(verdict.end, facts, self.now, self.grace)
            self._end(verdict.end)
        elif verdict.archive:
            assert self.ended_at is not None
            assert self.now >= self.ended_at + ARCHIVE_AFTER
            self._move(RoomState.ARCHIVED)
        else:
            assert verdict.deadline is None or verdict.deadline > self.now
        self.deadline = verdict.deadline

    def _end(self, reason: EndReason) -> None:
        self._move(RoomState.ENDED)
        self.ended_at = self.now
        self.reason = reason
        for index in self._present():
            self._close(index, self.now)

    def _move(self, to: RoomState) -> None:
        lifecycle.check(self.state, to)
        self.state = to

    def _close(self, index: int, at: int) -> None:
        self.sessions[index] = msgspec.structs.replace(self.sessions[index], left_at=at)

    def _present(self) -> list[int]:
        return [index for index, each in enumerate(self.sessions) if each.left_at is None]


def _check_reason(reason: EndReason, facts: Facts, now: int, grace: int) -> None:
    assert not facts.host
    if reason is EndReason.EMPTY:
        assert not facts.anyone
        assert facts.last_left_at is not None
        assert now >= facts.last_left_at + grace
    else:
        assert reason is EndReason.HOST_LEFT
        assert facts.last_host_left_at is not None
        assert now >= facts.last_host_left_at + HOST_GRACE


TestDay = Day.TestCase
TestDay.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
