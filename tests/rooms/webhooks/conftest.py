"""A tenant whose changes are owed to webhooks."""

import pytest
from hookkit import Hookkit, settle_in

from rooms.store.store import Store


@pytest.fixture
async def hooks(store: Store) -> Hookkit:
    """Webhooks of one tenant on a fresh store."""
    return Hookkit(store, await settle_in(store, "one"))
