"""An organisation's quota is what its row says."""

from roomkit import Kit

from rooms.quota import Quota
from rooms.store import quotas


async def test_the_row_says_what_may_be_used(kit: Kit) -> None:
    """No limits unless some were set; none for an organisation that is not there."""
    async with kit.transactions.reading(None) as tx:
        assert await quotas.quota_of(tx.db, kit.who.org_id) == Quota()
        assert await quotas.quota_of(tx.db, "org_nobody") == Quota()
    await kit.set_quota('{"open_rooms":3}')

    async with kit.transactions.reading(None) as tx:
        assert await quotas.quota_of(tx.db, kit.who.org_id) == Quota(open_rooms=3)
