"""What can be wrong between two nodes.

LevelChatError
├── PeerError
│   ├── NotCarried       404: the session is not on this node's stage
│   ├── FeedNotFound     404: never was, or is over
│   ├── WouldLoop        409: who asks is above us for that session
│   └── FeedChanged      409: the session's tracks changed before the answer came
└── EnvironmentFault
    ├── FeedsFull        503: as many feeds as a node gives
    ├── FeedsDraining    503: the node is stopping
    └── PullFailed       the node above did not give what was asked for
"""

from levelchat.errors import EnvironmentFault, PeerError


class NotCarried(PeerError):
    """Nothing of that session flows through this node."""

    code = "session_not_carried"
    status = 404
    title = "The session is not here"


class FeedNotFound(PeerError):
    """The feed never was, or is over."""

    code = "feed_not_found"
    status = 404
    title = "There is no such feed"


class WouldLoop(PeerError):
    """The node that asks feeds this one, directly or through others."""

    code = "feed_would_loop"
    status = 409
    title = "The nodes would feed each other"


class FeedChanged(PeerError):
    """What the answer is for is not published any more in that form."""

    code = "feed_changed"
    status = 409
    title = "The session has changed"


class FeedsFull(EnvironmentFault):
    """The node feeds as many others as it takes."""

    code = "feeds_full"
    title = "Too many feeds"


class FeedsDraining(EnvironmentFault):
    """The node is stopping and feeds nobody new."""

    code = "feeds_draining"
    title = "The node is stopping"


class PullFailed(EnvironmentFault):
    """The node above refused, or did not answer in time."""

    code = "pull_failed"
    title = "Another node could not be pulled from"
