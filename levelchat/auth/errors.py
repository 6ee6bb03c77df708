"""What can be wrong with a token.

PeerError
├── TokenMissing        401
├── TokenInvalid        401: signature, audience, time, form
└── CapabilityMissing   403: a good token of the wrong room, or without the capability
"""

from levelchat.errors import PeerError

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


class CapabilityMissing(PeerError):
    """The token is good but does not allow this."""

    code = "capability_missing"
    status = 403
    title = "The room token does not allow this"
