"""Laws of `levelchat admin org`."""

import click
import pytest
from shell import Shell

from rooms.commands.organisations import parse_limits
from rooms.errors import InvalidRequest
from rooms.quota import Quota


def test_an_organisation_is_made_shown_and_revoked(shell: Shell) -> None:
    """What `create` prints is what `list` shows; `revoke` gives it an end and keeps it."""
    made = shell.json("admin org create acme --quota open_rooms=5 --quota viewer_hours=1.5")

    assert made["id"].startswith("org_")
    assert made["quota"] == {"open_rooms": 5, "viewer_hours": 1.5}
    assert shell.json("admin org list")[1] == made

    assert shell.json("admin org revoke acme") == {"id": made["id"]}
    assert shell.json("admin org list")[1]["revoked_at"] is not None


def test_a_quota_is_replaced(shell: Shell) -> None:
    """What is not named has no limit any more."""
    shell.json("admin org create acme --quota open_rooms=5")

    assert shell.json("admin org quota acme --quota viewer_hours=2")["quota"] == {
        "viewer_hours": 2
    }
    assert shell.json("admin org quota acme")["quota"] == {}


def test_people_read_a_table(shell: Shell) -> None:
    """Without --json there is a heading and a line for each."""
    shell.json("admin org create acme")

    lines = shell.run("admin org list").stdout.splitlines()
    assert lines[0].split() == ["id", "name", "quota", "created_at", "revoked_at"]
    assert len(lines) == 3
    assert "org_" in shell.run("admin org create other").stdout


def test_a_name_that_is_taken_is_said(shell: Shell) -> None:
    """One sentence names it."""
    shell.json("admin org create acme")

    assert "acme" in shell.error("admin org create acme")
    assert "nobody" in shell.error("admin org revoke nobody")


@pytest.mark.parametrize("limit", ["rooms=5", "open_rooms=-1", "open_rooms=1.5"])
def test_a_limit_that_cannot_be_is_refused(limit: str) -> None:
    """Unknown names and impossible numbers are named."""
    with pytest.raises(InvalidRequest):
        parse_limits((limit,))


@pytest.mark.parametrize("limit", ["open_rooms", "open_rooms=", "open_rooms=many", ""])
def test_a_limit_is_a_number(limit: str) -> None:
    """The form is shown."""
    with pytest.raises(click.BadParameter, match="LIMIT=NUMBER"):
        parse_limits((limit,))
    assert parse_limits(("open_rooms=2",)) == Quota(open_rooms=2)
