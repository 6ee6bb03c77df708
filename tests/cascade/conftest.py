"""The plane, running."""

from collections.abc import AsyncIterator

import pytest
import whepkit
from whepkit import Whep


@pytest.fixture
async def whep() -> AsyncIterator[Whep]:
    async with whepkit.running() as running:
        yield running
