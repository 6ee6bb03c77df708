"""Laws of what one subscriber gets."""

import fractions
import gc
import json
import weakref
from collections.abc import Callable

import av
import numpy as np
import pytest
import whepkit
from aiortc.codecs.vpx import Vp8Encoder
from whepkit import Published, Viewer, Whep, until, viewers

from cascade.keyframes import SPACING_NS
from cascade.subscriber import Subscriber
from levelchat.media.codec import Codec
from levelchat.rtc import rtcp
from levelchat.rtc.peer import Peer

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


async def test_sound_has_no_key_frames(whep: Whep) -> None:
    """Nobody is asked for one, whatever a subscriber says."""
    anna = whep.publish()
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await pictures(anna, viewer)
        anna.sound()
        await until(lambda: viewer.sounds)
        anna.asked.clear()
        whep.clock.skip(1)

        viewer.pli(viewer.sounds[-1].ssrc)
        viewer.pli()

        await until(lambda: anna.source() in anna.asked)
        assert anna.source(0) not in anna.asked


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
            began = whep.clock.now_ns()
            for round_ in range(20):
                for sequence in range(50):
                    bad.nack(bad.pictures[-1].sequence - sequence)
                bad.pli()
                bad.send(b"\x80" + bytes(range(200)))
                bad.send_rtcp(rtcp.remb(1, 1 if round_ % 2 else 1 << 40, [ssrc]))
                await pictures(anna, good, count=2)

            assert gapless(good.pictures)
            assert len(good.pictures) == len({packet.sequence for packet in good.pictures})
            spacings = (whep.clock.now_ns() - began) // SPACING_NS
            assert len(anna.asked) <= 3 + spacings


async def test_a_picture_that_there_was_no_room_for_comes_back(whep: Whep) -> None:
    """Without it nothing shows whether there is room again, and so it is tried."""
    anna = whep.publish()
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await pictures(anna, viewer)
        ssrc = viewer.pictures[-1].ssrc
        left_out = 0

        def say(estimate: int) -> int:
            """For how many pictures none has come, where this is what the viewer says."""
            nonlocal left_out
            left_out = 0 if viewer.pictures else left_out + 1
            viewer.packets.clear()
            whep.clock.skip(0.05)
            viewer.send_rtcp(rtcp.remb(1, estimate, [ssrc]))
            anna.picture()
            return left_out

        await until(lambda: say(1) > 20)
        await until(lambda: not say(1))


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


def sessions() -> set[weakref.ref[Subscriber | Peer]]:
    """All that there are in this process."""
    gc.collect()
    return {weakref.ref(each) for each in gc.get_objects() if isinstance(each, Subscriber | Peer)}


async def test_who_is_gone_is_gone(whep: Whep) -> None:
    """Without the garbage collector, which would stop the server to find a thousand of them."""
    others = sessions()
    whep.publish().picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        gone = sessions() - others
        assert len(gone) == 2
        gc.disable()
        try:
            await whep.ask("DELETE", viewer.location)
            await until(lambda: not any(ref() for ref in gone))
        finally:
            gc.enable()


@pytest.mark.parametrize("core", CORES)
async def test_a_slot_goes_from_one_codec_to_another(core: str) -> None:
    """Under the payload type of the other's, still in the same stream."""
    async with whepkit.running(core) as whep:
        anna = whep.publish("anna")
        anna.picture(key=True)
        with viewers(1) as (viewer,):
            viewer.video = whepkit.BOTH
            await whep.subscribe(viewer)
            await pictures(anna, viewer)
            anna.end()
            ben = whep.publish("ben", video=Codec.H264)
            ben.picture(key=True)
            await until(lambda: viewer.of(whepkit.H264_PT))

            both = [*viewer.pictures, *viewer.of(whepkit.H264_PT)]
            assert gapless(both)
            assert len({packet.ssrc for packet in both}) == 1


async def test_who_cannot_decode_a_picture_has_the_sound(whep: Whep) -> None:
    """Nothing comes under a payload type that was not agreed on."""
    anna = whep.publish("anna", video=Codec.H264)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        anna.picture(key=True)
        anna.sound()
        await until(lambda: viewer.sounds)

        assert viewer.packets == viewer.sounds


@pytest.mark.parametrize("core", CORES)
async def test_the_size_chooses_the_layer(core: str) -> None:
    """Of three, without a gap on the way down and up."""
    async with whepkit.running(core) as whep:
        anna = whep.publish(layers=3)
        for layer in (0, 1, 2):
            anna.picture(layer, key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await pictures(anna, viewer, layer=2)
            for height, layer in ((90, 0), (180, 1), (720, 2)):
                wish = {"mediaId": "v0", "maxWidth": height * 16 // 9, "maxHeight": height}
                done = await whep.ask("POST", viewer.location + "/layer", json.dumps(wish))
                assert done.status == 200
                anna.picture(layer, key=True)
                await pictures(anna, viewer, layer=layer)

            assert gapless(viewer.pictures)
            assert len(viewer.pictures) == 1 + 5 + 3 * 6


async def test_what_is_lost_is_sent_again(whep: Whep) -> None:
    """On the stream for retransmissions, with the number that was asked for."""
    anna = whep.publish()
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await pictures(anna, viewer)
        wanted = viewer.pictures[2]

        viewer.nack(wanted.sequence)

        again = (await until(lambda: viewer.of(97)))[0]
        assert int.from_bytes(again.payload[:2], "big") == wanted.sequence & 0xFFFF
        assert again.payload[2:] == wanted.payload


async def test_who_says_nothing_any_more_is_forgotten(whep: Whep) -> None:
    """Without a check for 30 s nobody agrees to be sent anything (RFC 7675 §5.1)."""
    whep.publish().picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)

        whep.clock.skip(31)

        await until(lambda: whep.metric("levelchat_cascade_subscribers") == 0)
        assert whep.stage.watchers(whepkit.ROOM) == 0


@pytest.mark.parametrize("core", CORES)
async def test_a_decoder_shows_one_after_the_other(core: str) -> None:
    """A real one, which was told of neither, goes on with the other's pictures."""
    async with whepkit.running(core) as whep, whepkit.Decoder() as decoder:
        anna = Camera(whep.publish("anna"), light=40)
        anna.shoot(key=True)
        await whep.watch(decoder)
        await anna.roll(lambda: 20 < decoder.light < 60)
        anna.published.end()
        ben = Camera(whep.publish("ben"), light=200)
        ben.shoot(key=True)

        await ben.roll(lambda: decoder.light > 180)


class Camera:
    """A wall of one brightness, as VP8."""

    def __init__(self, published: Published, light: int) -> None:
        self.published = published
        self._encoder = Vp8Encoder()
        self._light = light
        self._time = 0

    def shoot(self, *, key: bool = False) -> None:
        wall = np.full((120 * 3 // 2, 160), 128, np.uint8)
        wall[:120] = self._light
        frame = av.VideoFrame.from_ndarray(wall, "yuv420p")
        self._time += 3000
        frame.pts, frame.time_base = self._time, fractions.Fraction(1, 90_000)
        payloads, timestamp = self._encoder.encode(frame, force_keyframe=key)
        self.published.encoded(payloads, timestamp & 0xFFFFFFFF)

    async def roll(self, done: Callable[[], bool]) -> None:
        """Shoots until *done*."""

        def one_more() -> bool:
            self.shoot()
            return done()

        await until(one_more)
