"""The API over a store of each kind."""

from collections.abc import AsyncIterator

import apikit
import pytest
from apikit import ApiKit

from levelchat.auth import keys
from levelchat.auth.keys import TokenKeys
from rooms.store.store import Store


@pytest.fixture(scope="session")
def token_keys(tmp_path_factory: pytest.TempPathFactory) -> TokenKeys:
    return keys.load_or_create(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def api(store: Store, token_keys: TokenKeys) -> AsyncIterator[ApiKit]:
    """The API on SQLite, and again on PostgreSQL."""
    async with apikit.running(store, token_keys) as made:
        yield made
