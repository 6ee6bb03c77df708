"""Laws of what one subscriber gets."""

import json

import pytest
import whepkit
from whepkit import Published, Viewer, Whep, until, viewers

from cascade.keyframes import SPACING_NS
from levelchat.rtc import rtcp

CORES = ("portable", "native")


def gapless(packets: list[object]) -> bool:
    """Their numbers go on by one, in whatever order they came."""
    numbers = sorted(packet.sequence for packet in packets)  # type: ignore[attr-defined]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def pictures(published: Published, viewer: Viewer, layer: int = 0, count: int = 5) -> None:
    """So many more reach the viewer."""
    before = len(viewer.pictures)
    for _ in range(count):
        published.picture(layer)
    await until(lambda: len(viewer.pictures) >= before + count)


@pytest.mark.parametrize("core", CORES)
async def test_a_joiner_sees_a_picture_at_once(core: str) -> None:
    """From the newest key frame on, whether the publisher answers or not; then what follows."""
    async with whepkit.running(core) as whep:
        anna = whep.publish()
        anna.picture(key=True)
        for _ in range(9):
            anna.picture()
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await until(lambda: len(viewer.pictures) == 10)
            await pictures(anna, viewer)
            anna.sound()
            await until(lambda: viewer.sounds)

            assert gapless(viewer.pictures)
            assert len({packet.ssrc for packet in viewer.pictures}) == 1


@pytest.mark.parametrize("core", CORES)
async def test_another_publisher_goes_on_in_the_same_stream(core: str) -> None:
    """Same SSRC, no number missing, no renegotiation; and the slot is free in between."""
    async with whepkit.running(core) as whep:
        anna = whep.publish("anna")
        anna.picture(key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await pictures(anna, viewer)
            anna.end()
            ben = whep.publish("ben")
            ben.picture(key=True)
            await until(lambda: len(viewer.pictures) >= 7)
            await pictures(ben, viewer)

            assert len({packet.ssrc for packet in viewer.pictures}) == 1
            assert gapless(viewer.pictures)
            stamps = [packet.timestamp for packet in viewer.pictures]
            assert stamps == sorted(stamps)


@pytest.mark.parametrize("core", CORES)
async def test_layers_change_at_their_key_frames(core: str) -> None:
    """By the viewer's wish, without a gap; the key frame is asked for."""
    async with whepkit.running(core) as whep:
        anna = whep.publish(layers=2)
        for layer in (0, 1):
            anna.picture(layer, key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await pictures(anna, viewer, layer=1)
            wish = json.dumps({"mediaId": "v0", "encodingId": "m"})
            done = await whep.ask("POST", viewer.location + "/layer", wish)
            assert done.status == 200
            await until(lambda: anna.source(1, 0) in anna.asked)
            await pictures(anna, viewer, layer=1)

            anna.picture(0, key=True)
            await pictures(anna, viewer, layer=0)

            anna.picture(1, key=True)
            await pictures(anna, viewer, layer=0)
            assert gapless(viewer.pictures)
            await whep.ask("DELETE", viewer.location + "/layer")
            anna.picture(1, key=True)
            await pictures(anna, viewer, layer=1)
            assert gapless(viewer.pictures)


async def test_a_paused_slot_gets_nothing_and_comes_back() -> None:
    """The sound goes on meanwhile."""
    async with whepkit.running() as whep:
        anna = whep.publish()
        anna.picture(key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await pictures(anna, viewer)
            paused = json.dumps({"mediaId": "v0", "paused": True})
            await whep.ask("POST", viewer.location + "/layer", paused)
            before = len(viewer.pictures)
            anna.picture()
            anna.sound()
            await until(lambda: viewer.sounds)
            assert len(viewer.pictures) == before

            await whep.ask("POST", viewer.location + "/layer", json.dumps({"mediaId": "v0"}))
            anna.picture(key=True)
            await until(lambda: len(viewer.pictures) > before)
            assert gapless(viewer.pictures)


async def test_one_question_for_a_crowd() -> None:
    """However many ask for a key frame, the publisher is asked once in that time."""
    async with whepkit.running() as whep:
        anna = whep.publish()
        anna.picture(key=True)
        with viewers(5) as crowd:
            for viewer in crowd:
                await whep.subscribe(viewer)
                await pictures(anna, viewer, count=1)
            before = len(anna.asked)
            began = whep.clock.now_ns()
            for viewer in crowd:
                viewer.pli()
            await until(lambda: len(anna.asked) > before)
            while whep.clock.now_ns() - began < SPACING_NS // 2:
                await pictures(anna, crowd[0], count=1)

            assert len(anna.asked) == before + 1


@pytest.mark.parametrize("core", CORES)
async def test_who_floods_disturbs_nobody(core: str) -> None:
    """NACKs, PLIs, garbage, an estimate that lies: the other's packets stay whole."""
    async with whepkit.running(core) as whep:
        anna = whep.publish()
        anna.picture(key=True)
        with viewers(2) as (bad, good):
            for viewer in (bad, good):
                await whep.subscribe(viewer)
                await pictures(anna, viewer, count=1)
            ssrc = bad.pictures[-1].ssrc
            for round_ in range(20):
                for sequence in range(50):
                    bad.nack(bad.pictures[-1].sequence - sequence)
                bad.pli()
                bad.send(b"\x80" + bytes(range(200)))
                bad.send_rtcp(rtcp.remb(1, 1 if round_ % 2 else 1 << 40, [ssrc]))
                await pictures(anna, good, count=2)

            assert gapless(good.pictures)
            assert len(good.pictures) == len({packet.sequence for packet in good.pictures})
            assert len(anna.asked) <= 3


async def test_who_stops_reading_disturbs_nobody() -> None:
    """What it does not take is lost on the way to it."""
    async with whepkit.running() as whep:
        anna = whep.publish()
        anna.picture(key=True)
        with viewers(2) as (deaf, good):
            for viewer in (deaf, good):
                await whep.subscribe(viewer)
            await until(lambda: good.pictures)
            deaf.close()
            for _ in range(10):
                await pictures(anna, good, count=30)

            assert gapless(good.pictures)


async def test_a_room_ends_with_its_subscribers(whep: Whep) -> None:
    """DELETE ends a session, and what rooms knows of it."""
    whep.publish().picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        assert whep.metric("levelchat_cascade_subscribers") == 1

        done = await whep.ask("DELETE", viewer.location)

        assert done.status == 200
        assert whep.metric("levelchat_cascade_subscribers") == 0
        assert (await whep.ask("DELETE", viewer.location)).status == 404
