"""Capabilities: what a token lets its holder do. Scopes, not roles."""

from enum import StrEnum


class Capability(StrEnum):
    PUBLISH_CAMERA = "publish:camera"
    PUBLISH_MIC = "publish:mic"
    PUBLISH_SCREEN = "publish:screen"
    SUBSCRIBE_ALL = "subscribe:all"
    CHAT_SEND = "chat:send"
    REACTIONS_SEND = "reactions:send"
    HAND_RAISE = "hand:raise"
    MODERATE_PARTICIPANTS = "moderate:participants"
    RECORD_CONTROL = "record:control"


ALIASES = {"subscribe:*": Capability.SUBSCRIBE_ALL}
"""Other spellings that the contract allows."""

PUBLISH = frozenset({Capability.PUBLISH_CAMERA, Capability.PUBLISH_MIC, Capability.PUBLISH_SCREEN})

PUBLISH_VIDEO = frozenset({Capability.PUBLISH_CAMERA, Capability.PUBLISH_SCREEN})

PUBLISH_AUDIO = frozenset(
    # "publish:camera includes the microphone" (rooms.md §5)
    {Capability.PUBLISH_MIC, Capability.PUBLISH_CAMERA}
)


def parse(text: str) -> Capability:
    """The capability of that name; raises `ValueError` that lists the allowed ones."""
    try:
        return ALIASES.get(text) or Capability(text)
    except ValueError:
        allowed = ", ".join([*Capability, *ALIASES])
        raise ValueError(f"no capability is called {text!r}; there are: {allowed}") from None
