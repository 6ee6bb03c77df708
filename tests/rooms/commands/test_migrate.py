"""Laws of `levelchat migrate`."""

from shell import Shell

from rooms.store.schema import HEAD


def test_it_makes_the_tables_once(shell: Shell) -> None:
    """The first run says what it did, the second that there was nothing to do."""
    assert shell.json("migrate") == {"before": None, "after": HEAD}
    assert shell.json("migrate") == {"before": HEAD, "after": HEAD}
    assert "already" in shell.run("migrate").stdout
