"""How well sound and picture agree in what we serve: flash against beep, by decoding the output.

Comes in: a multivariant playlist of a room that shows the test pattern (docs/clock-strip.md). Goes
out: for each second, by how much the beep comes after the flash. It decodes with libav what any
viewer would fetch; nothing of our own packager is used.
"""

import asyncio
import io
import json
import statistics
from typing import cast
from urllib.parse import urljoin

import aiohttp
import av
import click
import msgspec
import numpy as np
from numpy.typing import NDArray

FLASH_LUMA = 128
"""Between the dark square (≤ 40) and the white one (≥ 200)."""
BEEP_WINDOW = 96
"""Samples: 2 ms at 48 kHz, two periods of the 1 kHz tone."""
BEEP_LEVEL = 0.05
"""RMS of full scale; the tone is at 0.2 or more, codec noise below 0.005."""
PAIR_SECONDS = 0.4
"""A beep belongs to the flash that is nearer than that: both come once a second."""
TIMEOUT = aiohttp.ClientTimeout(total=20)


class Sync(msgspec.Struct, frozen=True):
    """Beep minus flash, in milliseconds, each second's and their median."""

    pairs: int
    median_ms: float
    worst_ms: float
    offsets_ms: tuple[float, ...]


class SyncUnreadable(RuntimeError):
    """There is no flash or no beep in what was fetched."""


async def measure(playlist: str) -> Sync:
    """Fetches every whole segment that is listed now and compares."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        video_url, audio_url = await _renditions(session, playlist)
        video, audio = await asyncio.gather(
            _whole_segments(session, video_url), _whole_segments(session, audio_url)
        )
    return compare(flashes(video), beeps(audio))


def compare(flash_times: list[float], beep_times: list[float]) -> Sync:
    """Pairs each flash with its beep; raises `SyncUnreadable` when there are no pairs."""
    offsets = [
        (nearest - flash) * 1000
        for flash in flash_times
        if beep_times
        and abs((nearest := min(beep_times, key=lambda beep: abs(beep - flash))) - flash)
        < PAIR_SECONDS
    ]
    if not offsets:
        raise SyncUnreadable(
            f"{len(flash_times)} flashes and {len(beep_times)} beeps make no pair; "
            "is this room showing the test pattern?"
        )
    worst = max(offsets) if max(offsets) > -min(offsets) else min(offsets)
    return Sync(
        pairs=len(offsets),
        median_ms=round(statistics.median(offsets), 1),
        worst_ms=round(worst, 1),
        offsets_ms=tuple(round(offset, 1) for offset in offsets),
    )


def flashes(media: bytes) -> list[float]:
    """Media times in seconds at which the square in the middle turns white."""
    times: list[float] = []
    lit: bool | None = None
    with av.open(io.BytesIO(media), mode="r") as container:
        for frame in container.decode(video=0):
            luma = frame.reformat(format="gray").to_ndarray()
            height, width = luma.shape
            square = luma[height * 9 // 16 : height * 11 // 16, width * 7 // 16 : width * 9 // 16]
            now_lit = bool(square.mean() > FLASH_LUMA)
            if now_lit and lit is False and frame.time is not None:
                times.append(frame.time)
            lit = now_lit
    return times


def beeps(media: bytes) -> list[float]:
    """Media times in seconds at which the tone begins."""
    pieces: list[NDArray[np.float32]] = []
    start = 0.0
    with av.open(io.BytesIO(media), mode="r") as container:
        for index, frame in enumerate(container.decode(audio=0)):
            if index == 0:
                start = frame.time or 0.0
            pieces.append(cast("NDArray[np.float32]", frame.to_ndarray()[0]))
        rate = container.streams.audio[0].rate
    samples = np.concatenate(pieces)
    windows = samples[: len(samples) // BEEP_WINDOW * BEEP_WINDOW].reshape(-1, BEEP_WINDOW)
    loud = np.sqrt((windows**2).mean(axis=1)) > BEEP_LEVEL
    onsets = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    return [start + int(onset) * BEEP_WINDOW / rate for onset in onsets]


async def _renditions(session: aiohttp.ClientSession, playlist: str) -> tuple[str, str]:
    text = await _text(session, playlist)
    lines = text.splitlines()
    media = next((line for line in lines if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO")), "")
    audio = media.partition('URI="')[2].partition('"')[0]
    video = next((line for line in lines if line and not line.startswith("#")), "")
    if not audio or not video:
        raise SyncUnreadable(f"{playlist} lists no picture or no sound")
    return urljoin(playlist, video), urljoin(playlist, audio)


async def _whole_segments(session: aiohttp.ClientSession, playlist: str) -> bytes:
    lines = (await _text(session, playlist)).splitlines()
    header = next(line for line in reversed(lines) if line.startswith("#EXT-X-MAP:"))
    urls = [header.partition('URI="')[2].partition('"')[0]]
    urls += [line for line in lines if line and not line.startswith("#")]
    parts = [await _body(session, urljoin(playlist, url)) for url in urls]
    return b"".join(parts)


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    return (await _body(session, url)).decode()


async def _body(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url) as answer:
        answer.raise_for_status()
        return await answer.read()


@click.command("sync")
@click.argument("playlist", default="http://127.0.0.1:8080/live/r_demo/index.m3u8")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(playlist: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Measure how well sound and picture agree in a room that shows the test pattern."""
    try:
        sync = asyncio.run(measure(playlist))
    except (SyncUnreadable, aiohttp.ClientError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(sync)))
    else:
        click.echo(
            f"beep after flash: median {sync.median_ms:+.1f} ms, worst {sync.worst_ms:+.1f} ms, "
            f"{sync.pairs} pairs"
        )
