"""Laws of levelchat.bus.directory_local (and of all directories: test_directory.py)."""

from levelchat.bus.directory_local import LocalDirectory
from levelchat.clock import SystemClock


async def test_a_node_alone_sees_what_it_wrote() -> None:
    """Even before it runs."""
    directory = LocalDirectory(SystemClock())
    heard: list[tuple[str, bytes | None]] = []
    await directory.watch("", lambda *change: heard.append(change))
    directory.put("a", b"1")
    directory.delete("a")
    directory.delete("a")
    assert heard == [("a", b"1"), ("a", None)]
