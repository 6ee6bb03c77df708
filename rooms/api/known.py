"""API keys that were found good lately, so that most requests cost no query. Pure.

Comes in: a key as it was presented, who it is of, and now. Goes out: who it is of, for a short
while. Keys are held by their hash; a dump of this process's memory shows none that is not in use.
"""

import hashlib
from collections import OrderedDict

from rooms.model import Principal

SECOND = 1_000_000_000
KNOWN_FOR = 10 * SECOND
"""Should the bus lose the news of a revocation, the key goes on for so long."""
TABLE = 10_000
"""Keys."""


class KnownKeys:
    """The keys in use."""

    def __init__(self, table: int = TABLE, known_for: int = KNOWN_FOR) -> None:
        self._table = table
        self._known_for = known_for
        self._known: OrderedDict[bytes, tuple[int, Principal]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, presented: str, now_ns: int) -> Principal | None:
        """Who *presented* is of, if that is still known."""
        name = _name(presented)
        found = self._known.get(name)
        if found is None:
            return None
        since, who = found
        # A clock that was set back must not keep a key for ever.
        if not 0 <= now_ns - since < self._known_for:
            del self._known[name]
            return None
        return who

    def keep(self, presented: str, who: Principal, now_ns: int) -> None:
        """Remembers that *presented* is good."""
        name = _name(presented)
        self._known[name] = (now_ns, who)
        self._known.move_to_end(name)
        if len(self._known) > self._table:
            self._known.popitem(last=False)

    def forget(self, revoked: str) -> None:
        """*revoked* is the id of a key, an organisation or a project."""
        gone = [
            name
            for name, (_, who) in self._known.items()
            if revoked in (who.id, who.org_id, who.project_id)
        ]
        for name in gone:
            del self._known[name]


def _name(presented: str) -> bytes:
    return hashlib.sha256(presented.encode(errors="surrogateescape")).digest()
