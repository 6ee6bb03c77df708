"""Two network namespaces joined by a cable, which are gone with the processes that hold them.

Nothing of it has a name outside, and no interface of the machine's is touched: the first namespace
belongs to a user namespace of its own, in which the test may do what root does.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NEAR, FAR = "10.231.0.1", "10.231.0.2"
"""Addresses of the two ends."""
NETEM = ("loss", "5%", "delay", "20ms", "5ms", "duplicate", "2%", "reorder", "5%")
_TOOLS = ("unshare", "nsenter", "ip", "tc", "sleep")
_HOLD = ("sleep", "600")
"""Seconds: longer than any test."""
_MADE_SECONDS = 5


@dataclass
class Cable:
    """The namespaces, as prefixes of commands that are to run in them."""

    near: tuple[str, ...]
    far: tuple[str, ...]

    def impair(self) -> str:
        """Both ways by the kernel's netem; why it is not there, or nothing."""
        for place, device in ((self.near, "near"), (self.far, "far")):
            done = _run(*place, "tc", "qdisc", "add", "dev", device, "root", "netem", *NETEM)
            if done.returncode:
                return done.stderr.strip() or f"tc ended with {done.returncode}"
        return ""


@contextlib.contextmanager
def cable() -> Iterator[Cable | str]:
    """Why there is none on this machine, if there is none."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        yield f"not installed: {', '.join(missing)}"
        return
    with contextlib.ExitStack() as stack:
        yield _lay(stack)


def _lay(stack: contextlib.ExitStack) -> Cable | str:
    near = _namespace(stack, ("unshare", "--user", "--map-root-user", "--net"))
    if isinstance(near, str):
        return near
    far = _namespace(stack, (*near, "unshare", "--net"))
    if isinstance(far, str):
        return far
    made = Cable(near, far)
    veth = ("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", far[2])
    for command in (
        (*near, *veth),
        *_raise(near, "near", NEAR),
        *_raise(far, "far", FAR),
    ):
        done = _run(*command)
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip()}"
    return made


def _raise(place: tuple[str, ...], device: str, address: str) -> Sequence[tuple[str, ...]]:
    return (
        (*place, "ip", "address", "add", f"{address}/24", "dev", device),
        (*place, "ip", "link", "set", device, "up"),
        (*place, "ip", "link", "set", "lo", "up"),
    )


def _namespace(stack: contextlib.ExitStack, make: tuple[str, ...]) -> tuple[str, ...] | str:
    """The prefix of its commands; or why it cannot be made."""
    # What runs after the namespaces are made says so; it is what becomes `sleep`.
    holder = subprocess.Popen(
        (*make, "sh", "-c", f"echo made && exec {' '.join(_HOLD)}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stack.callback(_end, holder)
    assert holder.stdout is not None
    assert holder.stderr is not None
    if holder.stdout.readline() != "made\n":
        return f"{' '.join(make)}: {holder.stderr.read().strip()}"
    return (
        *("nsenter", "--target", str(holder.pid), "--user", "--net"),
        *("--preserve-credentials", "--"),
    )


def _end(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_MADE_SECONDS
    )
