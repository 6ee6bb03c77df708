"""What an organisation may still use, asked where something new begins.

Comes in: a transaction and the organisation. Goes out: nothing, or `QuotaExceeded`.
"""

from rooms import quota
from rooms.quota import Quota
from rooms.store import quotas
from rooms.store import rooms as room_rows
from rooms.store import usage as usage_rows
from rooms.store.transaction import Transaction


async def check_room(tx: Transaction, org_id: str) -> None:
    """Whether one more room may be made."""
    limits = await quotas.quota_of(tx.db, org_id)
    if limits.open_rooms is not None:
        quota.check(limits, await room_rows.open_count(tx.db, org_id), "open_rooms")
    await _check_month(tx, org_id, limits)


async def check_entry(tx: Transaction, org_id: str) -> None:
    """Whether anybody may be let in still."""
    await _check_month(tx, org_id, await quotas.quota_of(tx.db, org_id))


async def _check_month(tx: Transaction, org_id: str, limits: Quota) -> None:
    if limits.participant_minutes is None and limits.viewer_hours is None:
        return
    used = await usage_rows.org_month_usage(tx.db, org_id, tx.now)
    quota.check(limits, used.participant_minutes, "participant_minutes", tx.now)
    quota.check(limits, used.viewer_hours, "viewer_hours", tx.now)
