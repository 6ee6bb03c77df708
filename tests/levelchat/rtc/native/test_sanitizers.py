"""The C core touches no memory but its own, whatever strangers send.

It is built once more with AddressSanitizer and UndefinedBehaviorSanitizer, which end a program at
its first wrong access; leaks count too. SRTP does not stand before its parsers in the fuzzer.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
NATIVE = ROOT / "levelchat" / "rtc" / "native"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# Compiling takes longer than running: nothing is optimized.
FLAGS = ("-std=gnu11", "-D_GNU_SOURCE", "-O0", "-g1", "-fPIC", "-Wall", "-Wextra", "-Werror")
STEPS = "20000"
THREADED_STEPS = "10000"
SUITES = ("receiving", "sending", "layers", "feedback")
"""Of the conformance tests; the fifth compares two cores."""
PRELOADED = """
import importlib.util, sys
name = "levelchat.rtc.native._core"
spec = importlib.util.spec_from_file_location(name, sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.modules[name] = module
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""


@dataclass
class Built:
    """The sanitized programs."""

    fuzzer: Path
    extension: Path


def _compiler() -> str:
    found = shutil.which("gcc") or shutil.which("cc")
    assert found, "a C compiler is missing: install gcc"
    return found


def _run(*arguments: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(each) for each in arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Each file is compiled once, for both."""
    folder, compiler = tmp_path_factory.mktemp("sanitized"), _compiler()
    include = f"-I{sysconfig.get_path('include')}"

    def compiled(source: Path) -> Path:
        made = folder / f"{source.stem}.o"
        _run(compiler, *FLAGS, *SANITIZERS, include, "-c", source, "-o", made)
        return made

    sources = [*sorted(NATIVE.glob("core/*.c")), *sorted(NATIVE.glob("fuzz/*.c"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, sources))
    core, modules, fuzz = [], [], []
    for source, made in zip(sources, objects, strict=True):
        is_module = source.name.startswith("module")
        (fuzz if source.parent.name == "fuzz" else modules if is_module else core).append(made)
    fuzzer, extension = folder / "fuzz", folder / "_core.so"
    _run(compiler, *SANITIZERS, *core, *fuzz, "-lpthread", "-o", fuzzer)
    _run(compiler, *SANITIZERS, "-shared", *core, *modules, "-lpthread", "-o", extension)
    return Built(fuzzer, extension)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_what_strangers_send_is_only_read(built: Built, seed: str) -> None:
    """Broken RTP, RTCP, repairs and descriptors, in between changes of who gets what, reach every
    parser and leave nothing behind.
    """
    said = _run(built.fuzzer, seed, STEPS).split()

    counts = dict(zip(said[::2], map(int, said[1::2]), strict=True))
    assert counts["forwarded"] > 10_000
    assert counts["resent"] > 100
    assert counts["events"] > 10_000


def test_shards_share_nothing_unguarded(built: Built) -> None:
    """The same with a thread to each shard."""
    assert "forwarded" in _run(built.fuzzer, "4", THREADED_STEPS, "threads")


def test_the_extension_forwards_cleanly(built: Built) -> None:
    """Under the sanitizers it passes what every forwarding core must pass."""
    preload = _run(_compiler(), "-print-file-name=libasan.so").strip()
    folder = ROOT / "tests" / "levelchat" / "rtc" / "forward"
    suites = [folder / f"test_conformance_{name}.py" for name in SUITES]
    arguments = ["-q", "-s", "-k", "native", "-p", "no:cacheprovider", *suites]
    said = _run(
        sys.executable,
        "-c",
        PRELOADED,
        built.extension,
        *arguments,
        LD_PRELOAD=preload,
        # The interpreter itself leaves much to its end.
        ASAN_OPTIONS="detect_leaks=0",
    )

    assert " passed" in said
