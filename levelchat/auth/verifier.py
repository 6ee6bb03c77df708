"""Verifies room tokens on a node: signature, time, room, and whether it was revoked.

Comes in: tokens and now. Goes out: grants. A token that was proved is remembered, because most are
shown many times; its time and what was revoked are looked at every time.
"""

from collections import OrderedDict

from levelchat.auth import token as room_token
from levelchat.auth.errors import TokenInvalid
from levelchat.auth.keys import TokenKeys
from levelchat.auth.revocation import Revocations
from levelchat.auth.token import Grant

REMEMBERED = 40_000
"""Tokens; one takes about two kilobytes. The viewers of a full room show theirs all the time."""


class TokenVerifier:
    """The node's one."""

    def __init__(self, keys: TokenKeys, revocations: Revocations | None = None) -> None:
        self._keys = keys
        self.revocations = revocations if revocations is not None else Revocations()
        self._proved: OrderedDict[str, Grant] = OrderedDict()
        self._generation = keys.generation

    def verify(
        self,
        token: str,
        *,
        now: int,
        room: str | None = None,
        media_id: str | None = None,
        project: str | None = None,
        ended_too: bool = False,
    ) -> Grant:
        """What *token* allows at *now*, in seconds.

        *room*, if given, must be the room's public id or its media id; *media_id* its media id
        alone, where URLs have only that. Raises `TokenInvalid`, `TokenRevoked`,
        `CapabilityMissing` or, unless *ended_too*, `RoomOver`.
        """
        grant = self._read(token, now)
        grant.check_time(now)
        if project is not None and grant.project != project:
            raise TokenInvalid("the room token is for another project; ask this one for a token")
        if room is not None:
            grant.check_room(room)
        if media_id is not None:
            grant.check_media_id(media_id)
        self.revocations.check_token(grant, now)
        if not ended_too:
            self.revocations.check_room(grant, now)
        return grant

    def _read(self, token: str, now: int) -> Grant:
        if self._generation != self._keys.generation:
            self._proved.clear()
            self._generation = self._keys.generation
        grant = self._proved.get(token)
        if grant is not None:
            self._proved.move_to_end(token)
            return grant
        grant = room_token.read(self._keys, token, now=now)
        if len(self._proved) >= REMEMBERED:
            self._proved.popitem(last=False)
        self._proved[token] = grant
        return grant
