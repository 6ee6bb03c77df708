"""A forwarding core of each kind, running."""

from collections.abc import AsyncIterator

import forwardkit
import pytest

from levelchat.rtc.forward import choose
from levelchat.rtc.forward.seams import Forwarder


@pytest.fixture(params=forwardkit.CORES)
def forwarder(request: pytest.FixtureRequest) -> Forwarder:
    """Not opened yet. Where the C core is part of the package, it must be built."""
    return choose.make(request.param, forwardkit.clock())


@pytest.fixture
async def kit(forwarder: Forwarder) -> AsyncIterator[forwardkit.Kit]:
    """With one shard."""
    async with forwardkit.running(forwarder) as running:
        yield running
