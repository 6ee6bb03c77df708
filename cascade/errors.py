"""What can be wrong with a request to subscribe.

LevelChatError
├── PeerError
│   ├── SubscriptionNotFound   404: never was, or is over
│   ├── SlotNotFound           404: a wish for an m-line that receives nothing
│   ├── MalformedWish          400
│   ├── UnknownEvents          400: a list of events that has none of ours
│   ├── AnswerNotDue           409: nothing was offered that an answer would be for
│   └── TooManyStreams         429: streams of events of one subscriber
└── EnvironmentFault
    └── _Elsewhere             503: another node may do it
        ├── SubscribersFull    as many as this node takes
        ├── NodeBusy           past its budget of packets or processor time
        └── CascadeDraining    the node is stopping
"""

from levelchat.errors import EnvironmentFault, PeerError

RETRY_SECONDS = "5"
"""A restart takes less than 10, and other nodes' figures are a second old at most."""


class SubscriptionNotFound(PeerError):
    """The WHEP session never was, or is over."""

    code = "subscription_not_found"
    status = 404
    title = "There is no such subscription"


class SlotNotFound(PeerError):
    """The wish names an m-line that this subscription has not, or that receives nothing."""

    code = "slot_not_found"
    status = 404
    title = "There is no such slot"


class MalformedWish(PeerError):
    """The wish for a layer is not JSON of the form that the layer resource takes."""

    code = "malformed_wish"
    status = 400
    title = "The wish cannot be read"


class UnknownEvents(PeerError):
    """The list of events is not a JSON list of names, or has none that the server sends."""

    code = "unknown_events"
    status = 400
    title = "Unknown events"


class AnswerNotDue(PeerError):
    """An SDP answer came for a session whose offer was the subscriber's, or is answered."""

    code = "answer_not_due"
    status = 409
    title = "No answer is due"


class TooManyStreams(PeerError):
    """The subscriber listens to as many streams of events as one may."""

    code = "too_many_event_streams"
    status = 429
    title = "Too many streams of events"


class _Elsewhere(EnvironmentFault):
    """Another node may take the subscriber."""

    code = "node_busy"

    def __init__(self, detail: str, *, alternate: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": RETRY_SECONDS})
        self.alternate = alternate or ""
        if alternate:
            self.headers["Link"] = f'<{alternate}>; rel="alternate"'


class SubscribersFull(_Elsewhere):
    """The node has as many subscribers as `cascade.max_subscribers` allows, and knows no other
    that would take one.
    """

    code = "subscribers_full"
    title = "Too many subscribers"


class NodeBusy(_Elsewhere):
    """The node is past its budget of packets or processor time.

    Follow the `Link` with `rel="alternate"`, if there is one; else try again later.
    """

    code = "node_busy"
    title = "The node is busy"


class CascadeDraining(_Elsewhere):
    """The node is stopping and takes no subscribers.

    Follow the `Link` with `rel="alternate"`, if there is one; else try again later.
    """

    code = "cascade_draining"
    title = "The server is stopping"
