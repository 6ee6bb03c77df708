"""What can be wrong with a token.

LevelChatError
├── PeerError
│   ├── TokenMissing        401
│   ├── TokenInvalid        401: signature, audience, time, form
│   ├── TokenRevoked        401: it was good once
│   ├── CapabilityMissing   403: a good token of the wrong room, or without the capability
│   ├── PublishForbidden    403: a moderator forbade it
│   └── RoomOver            409: a good token of a room that has ended
└── OurFault
    └── NoSigningKey        500: a token was to be signed where tokens are only verified
"""

from levelchat.errors import OurFault, PeerError

# RFC 6750 §3: "the resource server MUST include the HTTP WWW-Authenticate response header field".
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="levelchat"'}


class TokenMissing(PeerError):
    """No bearer token where one is needed."""

    code = "token_missing"
    status = 401
    title = "A room token is needed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=_CHALLENGE)


class TokenInvalid(PeerError):
    """A token that proves nothing: wrong key, form, audience, or time."""

    code = "token_invalid"
    status = 401
    title = "The room token is not valid"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=_CHALLENGE)


class TokenRevoked(PeerError):
    """The token was revoked: its holder was removed from the room."""

    code = "token_revoked"
    status = 401
    title = "The room token was revoked"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=_CHALLENGE)


class CapabilityMissing(PeerError):
    """The token is good but does not allow this."""

    code = "capability_missing"
    status = 403
    title = "The room token does not allow this"


class PublishForbidden(PeerError):
    """A moderator forbade this participant to publish."""

    code = "publish_forbidden"
    status = 403
    title = "Publishing is forbidden"


class RoomOver(PeerError):
    """The token is good, but its room has ended."""

    code = "room_ended"
    status = 409
    title = "The room has ended"


class NoSigningKey(OurFault):
    """A token was to be signed by a process that has public keys only."""

    code = "no_signing_key"
    title = "This process signs no tokens"
