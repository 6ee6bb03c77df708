"""ICE servers for a participant, with TURN credentials that expire. Pure.

Comes in: URIs, the secret shared with the TURN servers, who it is for, now. Goes out: ICE servers
as browsers take them. coturn (`use-auth-secret`, draft-uberti-behave-turn-rest) derives the same
and keeps no accounts.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from levelchat.contract.signal import IceServer

TTL = 12 * 3600
"""Seconds: TURN checks them again whenever an allocation is refreshed, so that they have to
outlast the longest call."""


def ice_servers(
    uris: Sequence[str], secret: str, identity: str, now: int
) -> tuple[IceServer, ...]:
    """One entry for all STUN servers, one for all TURN servers; *now* in seconds."""
    stun = tuple(uri for uri in uris if not _is_turn(uri))
    turn = tuple(uri for uri in uris if _is_turn(uri))
    servers = []
    if stun:
        servers.append(IceServer(urls=stun))
    if turn and secret:
        username, credential = credentials(secret, identity, now + TTL)
        servers.append(IceServer(urls=turn, username=username, credential=credential))
    elif turn:
        servers.append(IceServer(urls=turn))
    return tuple(servers)


def credentials(secret: str, identity: str, expires: int) -> tuple[str, str]:
    """Username and password, good until *expires*."""
    # draft-uberti-behave-turn-rest-00 §2.2: "username: the TURN username to use, which is a
    # colon-delimited combination of the expiration timestamp and the username parameter";
    # "password: … computed from the secret key shared with the TURN server and the returned
    # username value, by performing base64(hmac(secret key, returned username))".
    username = f"{expires}:{identity}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def _is_turn(uri: str) -> bool:
    return uri.startswith(("turn:", "turns:"))
