"""What a participant may do, from its token's capabilities (rooms.md §5). Pure.

Comes in: capabilities and an action. Goes out: nothing, or `CapabilityMissing` that names what is
missing; and the flags that a session's row keeps.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from levelchat.auth.capability import PUBLISH, PUBLISH_AUDIO, Capability
from levelchat.auth.errors import CapabilityMissing


class Action(StrEnum):
    """Everything that a capability decides; the value completes "you may not ..."."""

    PUBLISH_CAMERA = "publish a camera"
    PUBLISH_MIC = "publish a microphone"
    PUBLISH_SCREEN = "publish a screen"
    PUBLISH = "publish"
    SUBSCRIBE = "watch or listen"
    CHAT = "chat"
    REACT = "send reactions"
    RAISE_HAND = "raise a hand"
    MODERATE = "moderate"
    RECORD = "control recordings"


ALLOWED_BY: dict[Action, frozenset[Capability]] = {
    Action.PUBLISH_CAMERA: frozenset({Capability.PUBLISH_CAMERA}),
    # rooms.md §5: "`publish:camera` includes the microphone".
    Action.PUBLISH_MIC: PUBLISH_AUDIO,
    Action.PUBLISH_SCREEN: frozenset({Capability.PUBLISH_SCREEN}),
    Action.PUBLISH: PUBLISH,
    Action.SUBSCRIBE: frozenset({Capability.SUBSCRIBE_ALL}),
    Action.CHAT: frozenset({Capability.CHAT_SEND}),
    Action.REACT: frozenset({Capability.REACTIONS_SEND}),
    Action.RAISE_HAND: frozenset({Capability.HAND_RAISE}),
    Action.MODERATE: frozenset({Capability.MODERATE_PARTICIPANTS}),
    Action.RECORD: frozenset({Capability.RECORD_CONTROL}),
}
"""Any one of them is enough."""


class Role(msgspec.Struct, frozen=True):
    """What a session's row keeps of its capabilities."""

    moderator: bool
    publisher: bool

    @property
    def viewer(self) -> bool:
        """Neither on stage nor in charge of it."""
        return not (self.moderator or self.publisher)


def allows(capabilities: Collection[str], action: Action) -> bool:
    """Whether *capabilities* are enough for *action*."""
    return not ALLOWED_BY[action].isdisjoint(capabilities)


def require(capabilities: Collection[str], action: Action) -> None:
    """Raises `CapabilityMissing` unless *capabilities* are enough for *action*."""
    # rooms.md §5: "a refusal says which capability is missing".
    if not allows(capabilities, action):
        names = " or ".join(sorted(ALLOWED_BY[action]))
        raise CapabilityMissing(f"you may not {action.value} without {names} in your room token")


def flags(capabilities: Iterable[str]) -> Role:
    """What a session with *capabilities* is."""
    held = frozenset(capabilities)
    return Role(
        moderator=Capability.MODERATE_PARTICIPANTS in held,
        publisher=not PUBLISH.isdisjoint(held),
    )
