"""Every forwarding core makes the same packets of the same story."""

import itertools
import random
from collections.abc import Callable, Iterator

import forwardkit
import pytest
from forwardkit import (
    AUDIO_PT,
    CORES,
    IDS,
    L1T3,
    MILLISECOND,
    OUT_IDS,
    Kit,
    Network,
    av1,
    dependency,
    h264,
    packet,
    running,
    vp8,
    vp9,
)

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import choose

PICTURES = 240
KEY_EVERY = 60
PATTERN = (0, 2, 1, 2)
SENT_AT_ONCE = 40

Sent = tuple[int, int, bool, int, bytes, tuple[bytes | None, ...]]
Story = list[tuple[int, int, bytes]]
"""Milliseconds, which of two sources, packet."""


def _payload(codec: Codec, picture: int, part: int) -> tuple[bytes, dict[int, bytes]]:
    number, key = picture * 8 + part, picture % KEY_EVERY == 0
    temporal = PATTERN[picture % 4]
    starts = not part
    if codec is Codec.VP8:
        fields = {"picture": picture & 0x7FFF, "tl0": picture // 4, "temporal": temporal}
        return vp8(number, key=key, begins=starts, sync=bool(temporal), **fields), {}
    if codec is Codec.VP9:
        layers = {"temporal": temporal, "sync": bool(temporal)}
        return vp9(number, key=key and starts, begins=starts, **layers), {}
    if codec is Codec.AV1:
        template = 0 if key else (1, 3, 2, 3)[picture % 4]
        structure = L1T3 if key and starts else ()
        element = dependency(template, picture, structure, starts=starts)
        return av1(number, key=key and starts), {IDS.dependency: element}
    if codec is Codec.OPUS:
        return b"\x78" + number.to_bytes(4, "big"), {IDS.audio_level: bytes((picture & 0x7F,))}
    return h264(number, key=key and starts), {IDS.capture_time: number.to_bytes(8, "big")}


def _stream(codec: Codec, seed: int) -> Iterator[tuple[int, bytes]]:
    """What one publisher sends; in its middle it begins anew with another SSRC."""
    chance = random.Random(seed)
    sequence, timestamp = chance.randrange(65_000, 65_536), chance.randrange(1 << 32)
    ssrc = 1000 + seed
    for picture in range(PICTURES):
        if picture == PICTURES // 2:
            sequence, timestamp, ssrc = 9, chance.randrange(1 << 32), ssrc + 500
        parts = 1 if codec is Codec.OPUS else chance.randint(1, 4)
        for part in range(parts):
            payload, elements = _payload(codec, picture, part)
            yield (
                33 * picture,
                packet(
                    sequence,
                    timestamp,
                    payload,
                    ssrc=ssrc,
                    payload_type=AUDIO_PT if codec is Codec.OPUS else forwardkit.VIDEO_PT,
                    marker=part == parts - 1,
                    elements=elements,
                ),
            )
            sequence += 1
        timestamp += 960 if codec is Codec.OPUS else 2970


def _story(codec: Codec) -> Story:
    story: Story = []
    for which in (0, 1):
        sent = list(_stream(codec, which + 1))
        half = next(i for i, (ms, _) in enumerate(sent) if ms >= 33 * PICTURES // 2)
        at = {data: ms for ms, data in sent}
        # The new SSRC comes after all of the old one: nobody mixes two.
        for seed, part in enumerate((sent[:half], sent[half:])):
            network = Network(10 * which + seed, lose=0.03, repeat=0.03, delay=0.1)
            latest = 0
            for data in network.carry([data for _, data in part]):
                latest = max(latest, at[data])
                story.append((latest, which, data))
    return sorted(story, key=lambda item: item[:2])


def _selections(kit: Kit, outlets: list[int], sources: list[int]) -> dict[int, Callable[[], None]]:
    """What is selected before which packet of the story."""

    def choose_for(which: int, source: int, **options: object) -> Callable[[], None]:
        return lambda: kit.select(outlets[which], source, **options)

    first, second = sources
    steps = [
        choose_for(0, first),
        choose_for(1, first, temporal=0),
        choose_for(2, second, at_once=True),
        choose_for(0, second),
        choose_for(1, first, temporal=1),
        choose_for(2, 0),
        choose_for(0, first, at_once=True),
        choose_for(1, second, temporal=2),
        choose_for(2, first, spatial=0, temporal=1),
        choose_for(0, second),
        choose_for(1, second, temporal=0),
        choose_for(2, second),
    ]
    return dict(enumerate(steps))


async def _told(core: str, codec: Codec) -> list[list[Sent]]:
    """What three outlets sent."""
    story = _story(codec)
    async with running(choose.make(core, forwardkit.clock())) as kit:  # type: ignore[arg-type]
        sources = [kit.source(codec, history=256) for _ in range(2)]
        viewers = [kit.peer() for _ in range(3)]
        outlets = [kit.outlet(viewer, codec=codec) for viewer in viewers]
        steps = _selections(kit, outlets, sources)
        each = len(story) // len(steps) + 1
        for index, (ms, which, data) in enumerate(story):
            if index % each == 0:
                steps[index // each]()
            kit.forwarder.push(sources[which], data, kit.began + ms * MILLISECOND)
            if index % SENT_AT_ONCE == 0:
                await kit.settle()
        await kit.settle()
        assert [viewer.refused for viewer in viewers] == [0, 0, 0]
        return [[_sent(got) for got in viewer.received] for viewer in viewers]


def _sent(got: rtp.RtpPacket) -> Sent:
    elements = (OUT_IDS.audio_level, OUT_IDS.capture_time, OUT_IDS.dependency)
    return (
        got.sequence,
        got.timestamp,
        got.marker,
        got.payload_type,
        got.payload,
        tuple(rtp.extension_element(got, identifier) for identifier in elements),
    )


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1, Codec.OPUS])
async def test_the_same_story_ends_the_same(codec: Codec) -> None:
    """Loss, copies, reordering, switches, pauses, layers and a publisher that begins anew: each
    outlet's numbers are used once and go on without a jump, in every core alike.
    """
    told = [await _told(core, codec) for core in CORES]

    for outlets in told[1:]:
        assert outlets == told[0]
    for sent in told[0]:
        assert len(sent) > PICTURES // 4
        sequences = [item[0] for item in sent]
        assert len(set(sequences)) == len(sequences)
        jumps = [
            (after - before + 0x8000 & 0xFFFF) - 0x8000
            for before, after in itertools.pairwise(sequences)
        ]
        assert max(map(abs, jumps)) < 40
