"""A session's row with everything in it, of which a test names what it is about."""

import msgspec

from rooms.model import Session, Transport

_PLAIN = Session(
    id="s_1",
    org_id="org_1",
    project_id="prj_1",
    media_id="r_1",
    participant_id="p_1",
    identity="ann",
    name="Ann",
    capabilities=(),
    meta={},
    transport=Transport.SIGNAL,
    node="node-1",
    token_id="token-of-ann",
    moderator=False,
    publisher=False,
    joined_at=0,
    seen_at=0,
    left_at=None,
    reason=None,
)


def session_row(**values: object) -> Session:
    """A viewer's session in room `r_1`, but for *values*."""
    return msgspec.structs.replace(_PLAIN, **values)
