"""What an organisation may still use, asked where something new begins.

Comes in: a transaction and the organisation. Goes out: nothing, or `QuotaExceeded`.
"""

from rooms import quota
from rooms.model import Principal
from rooms.quota import Quota
from rooms.store import quotas
from rooms.store import rooms as room_rows
from rooms.store import usage as usage_rows
from rooms.store.transaction import Transaction

NO_LIMITS = quota.encode(Quota())


async def check_room(tx: Transaction, who: Principal) -> None:
    """Whether one more room may be made."""
    limits = await _limits(tx, who)
    if limits.open_rooms is not None:
        quota.check(limits, await room_rows.open_count(tx.db, who.org_id), "open_rooms")
    await _check_month(tx, who.org_id, limits)


async def check_entry(tx: Transaction, who: Principal) -> None:
    """Whether anybody may be let in still."""
    await _check_month(tx, who.org_id, await _limits(tx, who))


async def _limits(tx: Transaction, who: Principal) -> Quota:
    """An organisation without any is known with its key for a few seconds; limits are read."""
    if who.quota == NO_LIMITS:
        return Quota()
    return await quotas.quota_of(tx.db, who.org_id)


async def _check_month(tx: Transaction, org_id: str, limits: Quota) -> None:
    if limits.participant_minutes is None and limits.viewer_hours is None:
        return
    used = await usage_rows.org_month_usage(tx.db, org_id, tx.now)
    quota.check(limits, used.participant_minutes, "participant_minutes", tx.now)
    quota.check(limits, used.viewer_hours, "viewer_hours", tx.now)
