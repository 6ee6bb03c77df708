"""Who hears what follows from capabilities."""

import pytest

from rooms.signal import audience
from rooms.signal.audience import CHAT, ORDER, PRESENCE


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (("publish:camera",), 0),
        (("publish:camera", "chat:send"), CHAT),
        (("subscribe:all",), PRESENCE | CHAT),
        (("moderate:participants",), PRESENCE | CHAT | ORDER),
    ],
)
def test_who_sees_nobody(capabilities: tuple[str, ...], expected: int) -> None:
    """A publisher without `subscribe:*` sees nobody; who chats hears chat; moderators all."""
    assert audience.of(capabilities) == expected
