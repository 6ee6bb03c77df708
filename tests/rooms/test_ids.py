"""Identifiers say what they are, sort by time, and are not guessed."""

import secrets

import pytest

from rooms import ids


def test_an_id_says_what_it_is_and_sorts_by_time() -> None:
    """A prefix and a ULID (rooms.md §4)."""
    made = [ids.new(ids.PARTICIPANT) for _ in range(50)]

    assert len(set(made)) == 50
    assert all(each.startswith("p_") and len(each) == 28 for each in made)
    assert [each[:12] for each in made] == sorted(each[:12] for each in made)


def test_codes_have_no_letters_that_are_taken_for_each_other() -> None:
    """Neither 0 and o, nor 1, l and i; ten of thirty letters."""
    codes = {ids.short_code(secrets.choice) for _ in range(1_000)}

    assert len(codes) == 1_000
    assert {len(code) for code in codes} == {10}
    assert not set("01oilu") & set("".join(codes))


@pytest.mark.parametrize(("name", "fits"), [("r_a-B_9", True), ("r_", False), ("x_a", False)])
def test_an_app_may_pick_its_own_room_id(name: str, *, fits: bool) -> None:
    """`r_[A-Za-z0-9_-]{1,64}`."""
    assert bool(ids.ROOM_ID.fullmatch(name)) is fits
