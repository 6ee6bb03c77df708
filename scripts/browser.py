"""Makes sure that the end-to-end tests find Chromium: installs it where this machine allows."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """Chromium's path, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """By the distribution's package manager, as root or with sudo that asks nothing."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print("installing Chromium (only the tests need it)", flush=True)
    for arguments in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(
            [*as_root, *arguments], check=False, env=environment, stdout=subprocess.DEVNULL
        )


def main() -> None:
    """Exits with 1 and a sentence when there is no Chromium in the end."""
    if find() is None and shutil.which("apt-get"):
        install()
    if find() is None:
        sys.exit(
            "Chromium is missing and could not be installed here: install the package "
            "`chromium` (Debian) or Google Chrome, then run `make test` again"
        )


main()
