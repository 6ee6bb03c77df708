"""Makes sure that the end-to-end tests find Chromium and nginx: installs them where this machine
allows.
"""

import os
import shutil
import subprocess
import sys

WANTED = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "nginx-light": ("nginx",),
}
"""Debian's package for each program, by the names that it goes by."""
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
"""Servers stand where a user's PATH does not always lead."""


def missing() -> list[str]:
    """Packages of programs that are not here."""
    return [
        package
        for package, names in WANTED.items()
        if not any(shutil.which(name, path=PATH) for name in names)
    ]


def install(packages: list[str]) -> None:
    """By the distribution's package manager, as root or with sudo that asks nothing."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print(f"installing {' and '.join(packages)} (only the tests need them)", flush=True)
    for arguments in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(
            [*as_root, *arguments], check=False, env=environment, stdout=subprocess.DEVNULL
        )


def main() -> None:
    """Exits with 1 and a sentence when something is missing in the end."""
    if missing() and shutil.which("apt-get"):
        install(missing())
    if missing():
        sys.exit(
            f"{' and '.join(missing())} could not be installed here: install the Debian packages "
            "of those names, or Google Chrome and nginx from elsewhere, then run `make test` again"
        )


main()
