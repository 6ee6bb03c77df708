"""What capabilities allow."""

import pytest

from levelchat.auth.capability import Capability
from levelchat.auth.errors import CapabilityMissing
from rooms.admission import ALLOWED_BY, Action, Role, allows, flags, require

# rooms.md §5, the table of use cases, and what each of them may do.
STANDARD = ("publish:camera", "publish:screen", "subscribe:all", "chat:send")
VIEWER = ("subscribe:all", "chat:send", "reactions:send")
STAGE = ("publish:camera", "subscribe:all")
STUDENT = ("publish:camera", "subscribe:all", "chat:send", "hand:raise")
MODERATOR = ("moderate:participants", "chat:send", "subscribe:all")

CAMERA = {Action.PUBLISH, Action.PUBLISH_CAMERA, Action.PUBLISH_MIC}


@pytest.mark.parametrize(
    ("capabilities", "allowed"),
    [
        ((), set()),
        (STANDARD, CAMERA | {Action.PUBLISH_SCREEN, Action.SUBSCRIBE, Action.CHAT}),
        (VIEWER, {Action.SUBSCRIBE, Action.CHAT, Action.REACT}),
        (STAGE, CAMERA | {Action.SUBSCRIBE}),
        (STUDENT, CAMERA | {Action.SUBSCRIBE, Action.CHAT, Action.RAISE_HAND}),
        (MODERATOR, {Action.MODERATE, Action.CHAT, Action.SUBSCRIBE}),
        (("publish:mic",), {Action.PUBLISH, Action.PUBLISH_MIC}),
        (("publish:screen",), {Action.PUBLISH, Action.PUBLISH_SCREEN}),
        (("record:control",), {Action.RECORD}),
    ],
)
def test_what_each_use_case_may_do(capabilities: tuple[str, ...], allowed: set[Action]) -> None:
    """rooms.md §5: scopes, not roles; whoever may not is told which capability is missing."""
    for action in Action:
        assert allows(capabilities, action) is (action in allowed)
        if action in allowed:
            require(capabilities, action)
            continue
        with pytest.raises(CapabilityMissing) as refused:
            require(capabilities, action)
        for name in ALLOWED_BY[action]:
            assert name in refused.value.detail


def test_every_capability_allows_something() -> None:
    """No action is without a capability, and no capability without an action."""
    assert set(ALLOWED_BY) == set(Action)
    assert frozenset().union(*ALLOWED_BY.values()) == set(Capability)


@pytest.mark.parametrize(
    ("capabilities", "role", "viewer"),
    [
        ((), Role(False, False), True),
        (VIEWER, Role(False, False), True),
        (STAGE, Role(False, True), False),
        (("publish:mic",), Role(False, True), False),
        (MODERATOR, Role(True, False), False),
        ((*STAGE, "moderate:participants"), Role(True, True), False),
        (frozenset(Capability), Role(True, True), False),
    ],
)
def test_what_a_session_is(*, capabilities: tuple[str, ...], role: Role, viewer: bool) -> None:
    """Any `publish:*` makes a publisher; a viewer is neither that nor a moderator."""
    assert flags(capabilities) == role
    assert flags(capabilities).viewer is viewer
