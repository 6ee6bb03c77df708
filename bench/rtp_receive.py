"""`levelchat bench rtp`: how many RTP packets a second one core turns into frames.

Comes in: nothing. Goes out: packets a second for each codec, least, median and most of the runs:
parse, reorder, statistics, depacketise, stamp, with nothing lost and with one packet in a hundred
lost and sent again.
"""

import random
import statistics
import time

import click
import msgspec

from bench import rtp_material
from levelchat.media.codec import Codec
from levelchat.rtc.receiver import ReceiverConfig, TrackReceiver
from levelchat.rtc.sender_clock import SenderClock

CODECS = (Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1, Codec.OPUS)
RUNS = 5
FRAMES = 300
WIDTH, HEIGHT, BITRATE = 1280, 720, 4_000_000
REPEATS = 4
"""Of the material in one run, each to a new receiver: some 10,000 packets of video."""
SPACING_NS = 2_500_000
"""400 packets a second, as 4 Mbit/s are."""
LATE_BY = 20
"""Packets after which a lost one comes again: 50 ms."""


class Rate(msgspec.Struct, frozen=True):
    """Packets a second of processor time."""

    codec: Codec
    loss_percent: int
    least: int
    median: int
    most: int
    frames: int
    packets: int


def _with_loss(packets: list[bytes], percent: int) -> list[bytes]:
    """The packets as they arrive when lost ones come again later."""
    chance = random.Random(1)  # noqa: S311 - repeatable, not secret
    keyed = [
        (index + (LATE_BY if chance.random() * 100 < percent else 0), packet)
        for index, packet in enumerate(packets)
    ]
    return [packet for _, packet in sorted(keyed, key=lambda pair: pair[0])]


def _run(codec: Codec, packets: list[bytes]) -> tuple[float, int]:
    """Processor seconds, and frames that came out."""
    frames = 0
    receivers = [
        TrackReceiver(
            ReceiverConfig(codec, rtp_material.PAYLOAD_TYPE, nack=True, pli=True), SenderClock()
        )
        for _ in range(REPEATS)
    ]
    began = time.process_time()
    for receiver in receivers:
        now_ns = 0
        for packet in packets:
            now_ns += SPACING_NS
            frames += len(receiver.receive(packet, now_ns))
            receiver.feedback(now_ns)
    return time.process_time() - began, frames


def measure(codec: Codec, loss_percent: int) -> Rate:
    """The rate of *codec*, over `RUNS` runs."""
    material = rtp_material.make(codec, FRAMES, width=WIDTH, height=HEIGHT, bitrate=BITRATE)
    packets = _with_loss(material.packets, loss_percent)
    runs = [_run(codec, packets) for _ in range(RUNS)]
    rates = [len(packets) * REPEATS / seconds for seconds, _ in runs]
    return Rate(
        codec,
        loss_percent,
        int(min(rates)),
        int(statistics.median(rates)),
        int(max(rates)),
        runs[0][1] // REPEATS,
        len(packets),
    )


@click.command("rtp")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """RTP packets a second into frames, per codec, on one core."""
    rates = [measure(codec, percent) for codec in CODECS for percent in (0, 1)]
    if as_json:
        click.echo(msgspec.json.encode(rates).decode())
        return
    click.echo("codec  loss  packets/s min / median / max       frames of packets")
    for rate in rates:
        click.echo(
            f"{rate.codec:5}  {rate.loss_percent:3}%  "
            f"{rate.least:9,} / {rate.median:9,} / {rate.most:9,}  "
            f"{rate.frames:6} of {rate.packets}"
        )


if __name__ == "__main__":
    command()
