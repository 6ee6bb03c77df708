"""Laws of the SDK's front door."""

import pytest

from levelchat.client.sdk import LevelChat


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://x", "http://", "/v1"])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    """Before any call, and with an example of a good one."""
    with pytest.raises(ValueError, match="https://"):
        LevelChat(url, "lc_pk_a.b")


async def test_it_must_be_entered() -> None:
    """Without `async with` there is no connection that anybody would close."""
    with pytest.raises(RuntimeError, match="async with"):
        await LevelChat("http://localhost", "lc_pk_a.b").rooms.get("r_1")
