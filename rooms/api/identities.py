"""Who presents what, by the store: keys and logins by its rows, room tokens by their signature.

Comes in: what callers present. Goes out: principals, or why they are none.
"""

from levelchat.auth.token import Grant
from levelchat.auth.verifier import TokenVerifier
from levelchat.clock import Clock
from levelchat.media.time import NANOSECOND
from rooms.errors import NotFound
from rooms.model import Principal
from rooms.store import rooms as room_rows
from rooms.store.transaction import Transactions
from rooms.tenancy import Tenants


class StoredIdentities:
    """Asks the store, in transactions of the system's: whose it is, is what is asked."""

    def __init__(
        self,
        transactions: Transactions,
        tenants: Tenants,
        verifier: TokenVerifier,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._tenants = tenants
        self._verifier = verifier
        self._clock = clock

    async def of_key(self, presented: str) -> Principal:
        """Raises `KeyInvalid`."""
        async with self._transactions.reading(None) as tx:
            return await self._tenants.authenticate(tx, presented)

    def verify(self, token: str) -> Grant:
        """What a room token says; raises `TokenInvalid`, `TokenRevoked` or `RoomOver`."""
        return self._verifier.verify(token, now=self._clock.wall_ns() // NANOSECOND)

    async def of_token(self, grant: Grant) -> Principal:
        """Its holder, in its room only; raises `NotFound` when there is no such room."""
        async with self._transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, grant.media_id)
        if room is None or room.project_id != grant.project:
            raise NotFound("there is no such room")
        return Principal(room.org_id, room.project_id, "token", grant.identity, room.media_id)
