"""What can go wrong at a client's side.

LevelChatError
├── PeerError
│   ├── MediaUnreadable    the file to publish is missing, or no sound or picture is in it
│   ├── WebhookInvalid     a request that claims to be a webhook's, and proves nothing
│   ├── NotPlayable        what the URL answers is no playlist that a low-latency player can play
│   └── WatchRefused       the room token is missing, or is not good for this room any more
└── EnvironmentFault
    ├── PublishRefused     the server answered, and its answer was no
    └── ServerUnreachable  nobody answered, or the server went away and did not come back
"""

from levelchat.errors import EnvironmentFault, PeerError


class MediaUnreadable(PeerError):
    """The media file cannot be opened or decoded."""

    code = "media_unreadable"
    title = "Media file unreadable"


class NotPlayable(PeerError):
    """The playlist is missing, or is not one of a low-latency broadcast."""

    code = "not_playable"
    title = "Not playable"


class WatchRefused(PeerError):
    """The server does not let this viewer watch, or not any more."""

    code = "watch_refused"
    title = "Watching refused"


class PublishRefused(EnvironmentFault):
    """The server refused to take the stream."""

    code = "publish_refused"
    title = "Publishing refused"


class ServerUnreachable(EnvironmentFault):
    """The server does not answer."""

    code = "server_unreachable"
    title = "Server unreachable"


class WebhookInvalid(PeerError):
    """A request to a webhook's receiver is not signed as LevelChat signs, or not lately.

    Answer it with this status and do nothing else.
    """

    code = "webhook_invalid"
    title = "Not a webhook of LevelChat"
