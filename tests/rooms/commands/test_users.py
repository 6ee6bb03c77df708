"""Laws of `levelchat admin user`."""

from shell import Shell

CREATE = "admin user create Ann@example.org --org default"


def test_a_user_is_made_shown_and_revoked(shell: Shell) -> None:
    """The password comes by standard input, and is shown nowhere."""
    made = shell.json(f"{CREATE} --password-stdin", "correct horse\n")

    assert made["id"].startswith("usr_")
    assert made["email"] == "ann@example.org"
    assert shell.json("admin user list --org default") == [made]
    assert "correct" not in shell.run("admin user list").output

    assert shell.json("admin user revoke ANN@example.org") == {"id": made["id"]}
    assert "user list" in shell.error("admin user revoke ann@example.org")


def test_the_password_is_asked_for_twice(shell: Shell) -> None:
    """At a terminal, without echo."""
    done = shell.run(CREATE, "correct horse\ncorrect horse\n")

    assert done.exit_code == 0
    assert "correct" not in done.output


def test_what_cannot_be_is_said(shell: Shell) -> None:
    """A bad address, a short password, an unknown organisation, an address that is taken."""
    good = "correct horse\n"
    assert "email" in shell.error("admin user create ann --org default --password-stdin", good)
    assert "password" in shell.error(f"{CREATE} --password-stdin", "short\n")
    other = "admin user create ann@example.org --org nobody --password-stdin"
    assert "nobody" in shell.error(other, good)
    shell.json(f"{CREATE} --password-stdin", good)
    assert "ann@example.org" in shell.error(f"{CREATE} --password-stdin", good)
