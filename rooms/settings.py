"""Section `rooms` of the settings."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]


class RoomsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The control plane: store, limits, signalling, webhooks."""

    database: str = ""
    """`postgresql://user:password@host/name`; empty: the file `rooms.db` under `server.data`."""
    database_connections: Positive = 8
    """Connections to the database that one process opens at most."""
    public_url: str = ""
    """Where callers reach this server, for URLs in answers; empty: as the request says."""
    cookie_secure: bool = False
    """Send the login cookie over TLS only, whatever the request came by (behind a proxy)."""
    requests_per_key: Positive = 1000
    """REST calls a second that one API key may make; as many again at once."""
    requests_per_address: Positive = 1000
    """REST calls a second that one IP address may make; as many again at once."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies in front whose `X-Forwarded-For` says which address calls; without
    them, all callers behind a proxy count as one address."""
    failed_keys_per_address: Positive = 20
    """Wrong API keys or passwords a minute from one IP address before it has to wait."""
    max_body: Positive = 65_536
    """Bytes of a REST request's body."""
    body_seconds: Positive = 10
    """How long a request's body may take."""
    max_signal_connections: Positive = 12_000
    """Signalling WebSockets of one process; one more is a 503."""
    signal_message_bytes: Positive = 16_384
    """Bytes of one signalling message; a longer one closes the connection."""
    chat_messages_per_second: Positive = 5
    """Chat messages and reactions a second from one participant."""
    webhook_private_addresses: bool = False
    """Deliver webhooks to private and loopback addresses too."""
    webhook_seconds: Positive = 10
    """How long a webhook's receiver may take to answer."""
    ice_servers: tuple[str, ...] = ()
    """`stun:` and `turn:` URIs that participants are told of."""
    turn_secret: str = ""
    """Shared secret of the TURN servers (coturn's `static-auth-secret`)."""
    unmanaged: bool = True
    """Let media flow in rooms that were never created here, for tokens of the default project."""
