"""Laws of `levelchat admin project`."""

from shell import Shell


def test_a_project_is_made_shown_and_revoked(shell: Shell) -> None:
    """It belongs to its organisation, by name or id."""
    org = shell.json("admin org create acme")
    made = shell.json("admin project create web --org acme")

    assert made["id"].startswith("prj_")
    assert made["org"] == org["id"]
    assert shell.json(f"admin project list --org {org['id']}") == [made]
    assert [each["id"] for each in shell.json("admin project list")] == ["default", made["id"]]

    shell.json("admin project revoke web --org acme")
    assert shell.json("admin project list --org acme")[0]["revoked_at"] is not None
    assert "web" in shell.error("admin project revoke web")


def test_an_unknown_organisation_is_said(shell: Shell) -> None:
    """One sentence names it."""
    assert "nobody" in shell.error("admin project create web --org nobody")
    assert "nobody" in shell.error("admin project list --org nobody")
