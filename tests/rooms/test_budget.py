"""Quotas hold where something new begins."""

import pytest
from roomkit import PUBLISH, Kit

from rooms import budget
from rooms.errors import QuotaExceeded


async def test_minutes_that_are_used_up_let_nobody_in(kit: Kit) -> None:
    """A month's participant minutes are counted from rows; another month begins anew."""
    await kit.set_quota('{"participant_minutes":10}')
    room = await kit.create()
    attended = await kit.join(room, "ada", PUBLISH)
    async with kit.transactions.reading(None) as tx:
        await budget.check_entry(tx, kit.who)
    kit.now += 10 * 60_000
    await kit.leave(room, attended)

    async with kit.transactions.reading(None) as tx:
        with pytest.raises(QuotaExceeded):
            await budget.check_entry(tx, kit.who)
    with pytest.raises(QuotaExceeded):
        await kit.create()

    kit.now += 31 * 86_400_000
    async with kit.transactions.reading(None) as tx:
        await budget.check_entry(tx, kit.who)
