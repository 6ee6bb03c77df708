"""Who in a room a message is for: bits. Pure.

Comes in: capabilities. Goes out: which messages to all their holder is sent.
"""

from collections.abc import Collection

from rooms import admission
from rooms.admission import Action

PRESENCE = 1
"""Who is there and what they do: for who may watch, or has to keep order."""
CHAT = 2
"""For these, and for who may chat."""
ORDER = 4
"""For moderators."""


def of(capabilities: Collection[str]) -> int:
    """The audiences that a holder of *capabilities* belongs to."""
    moderates = admission.allows(capabilities, Action.MODERATE)
    # rooms.md §5: "A publisher without any `subscribe:*` sees nobody. A subscriber with
    # `chat:send` can chat without ever being on camera."
    sees = moderates or admission.allows(capabilities, Action.SUBSCRIBE)
    chats = sees or admission.allows(capabilities, Action.CHAT)
    return (PRESENCE if sees else 0) | (CHAT if chats else 0) | (ORDER if moderates else 0)
