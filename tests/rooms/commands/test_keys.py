"""Laws of `levelchat admin key`."""

from datetime import datetime, timedelta

from shell import Shell


def test_a_key_is_made_for_the_default_project(shell: Shell) -> None:
    """`{"key": …, "id": …}`: the secret is printed now and never again."""
    made = shell.json("admin key create --org default --project default --name web")

    assert made["key"].startswith(f"lc_pk_{made['id']}.")
    listed = shell.json("admin key list --project default")
    assert [each["id"] for each in listed[1:]] == [made["id"]]
    assert made["key"].partition(".")[2] not in shell.run("admin key list").output
    assert shell.run("admin key create").stdout.startswith("lc_pk_")


def test_a_key_may_expire(shell: Shell) -> None:
    """`--expires-in` counts days from now."""
    made = shell.json("admin key create --expires-in 30")

    lasts = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert lasts == timedelta(days=30)


def test_a_key_is_rotated_with_overlap(shell: Shell) -> None:
    """The new key has the name of the old one, which ends after the overlap."""
    old = shell.json("admin key create --name web")
    new = shell.json(f"admin key rotate {old['id']} --overlap 2")

    assert new["id"] != old["id"]
    assert new["name"] == "web"
    ended = next(each for each in shell.json("admin key list") if each["id"] == old["id"])
    assert ended["expires_at"] is not None


def test_a_key_is_revoked(shell: Shell) -> None:
    """The id may be given with its prefix; twice is once too often."""
    made = shell.json("admin key create")

    assert shell.json(f"admin key revoke lc_pk_{made['id']}") == {"id": made["id"]}
    assert "key list" in shell.error(f"admin key revoke {made['id']}")


def test_keys_of_others_are_not_mixed_in(shell: Shell) -> None:
    """A list for one organisation or project shows its keys only."""
    shell.json("admin org create acme")
    assert shell.run("admin key list --org acme").stdout == "there are no API keys\n"
    shell.json("admin project create web --org acme")
    made = shell.json("admin key create --org acme --project web")

    assert [each["id"] for each in shell.json("admin key list --org acme")] == [made["id"]]
    assert [each["id"] for each in shell.json("admin key list --project web")] == [made["id"]]
