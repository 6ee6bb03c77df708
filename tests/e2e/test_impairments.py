"""Numbered pictures through a bad network: from a publisher, over the stage, to a decoder."""

import asyncio

import pytest
import stagenet
from counterkit import RATE, Camera, Shown, closing, is_vp8_key, read_vp8
from netsim import BAD, DEAD, relay
from stagenet import Shot, shot
from whepkit import until, viewers

from levelchat.auth.capability import Capability

CORES = [("native", "H264"), ("portable", "VP8")]
PICTURES = 2 * RATE
FEW = PICTURES // 15
OUTAGE = 2 * RATE
TO_RECOVER = 2 * RATE


def gapless(shown: Shown) -> bool:
    """Each number once, in order."""
    return shown.numbers == list(range(shown.numbers[0], shown.newest + 1))


def assert_watchable(made: Shot) -> None:
    """Hardly a picture is missing, none is shown twice, and none stands for a second."""
    shown = made.screen.shown
    assert shown.missing <= FEW
    assert shown.unreadable <= FEW
    assert shown.numbers == sorted(set(shown.numbers))
    assert shown.behind < RATE


@pytest.mark.parametrize(("core", "codec"), CORES)
async def test_every_picture_arrives_once(core: str, codec: str) -> None:
    """On a clean network, from the first key frame on, and nothing is asked for again."""
    async with shot(core, codec) as made:
        await made.roll(RATE)

        assert gapless(made.screen.shown)
        assert made.screen.shown.unreadable == 0
        assert made.net.metric("levelchat_ingest_nacks_total", kind="video") == 0
        assert made.net.metric("levelchat_rtc_resent_total") == 0


@pytest.mark.parametrize(("core", "codec"), CORES)
async def test_what_a_publisher_loses_is_asked_of_it(core: str, codec: str) -> None:
    """Lost, late and doubled on the way to the server, pictures are shown all the same."""
    async with shot(core, codec) as made:
        made.screen.shown.forget()
        made.publishers.impair(up=BAD, down=BAD)
        await made.roll(PICTURES)

        assert_watchable(made)
        assert made.publishers.up.counts["lost"] > 0
        assert made.net.metric("levelchat_ingest_nacks_total", kind="video") > 0


@pytest.mark.parametrize(("core", "codec"), CORES)
async def test_what_a_subscriber_loses_is_the_nodes_to_repair(core: str, codec: str) -> None:
    """From its own memory: the publisher is asked for nothing again."""
    async with shot(core, codec) as made:
        made.screen.shown.forget()
        made.subscribers.impair(up=BAD, down=BAD)
        await made.roll(PICTURES)

        assert_watchable(made)
        assert made.subscribers.down.counts["lost"] > 0
        assert made.net.metric("levelchat_rtc_resent_total") > 0
        assert made.net.metric("levelchat_ingest_nacks_total", kind="video") == 0
        assert made.net.metric("levelchat_ingest_lost_total", kind="video") == 0


@pytest.mark.parametrize("core", ["native", "portable"])
async def test_after_an_outage_a_key_frame_is_asked_for(core: str) -> None:
    """Whoever got nothing for two seconds sees pictures again within two more."""
    camera = Camera("VP8")
    numbers = camera.numbers
    with relay(1) as up, relay(2) as way, viewers(1) as (viewer,):
        async with stagenet.running(core) as net, closing(camera):
            anna = net.token("anna", Capability.PUBLISH_CAMERA)
            await camera.publish(net.http, net.publishing, anna, up)
            await stagenet.view(net, viewer, way)
            # The encoder's own key frames, those of new bitrates, are over.
            await until(lambda: viewer.pictures and numbers.count > stagenet.WARM_UP)
            asked = net.metric("levelchat_cascade_key_frame_requests_total")

            way.impair(up=DEAD, down=DEAD)
            until_then = numbers.count + OUTAGE
            await until(lambda: numbers.count > until_then)
            way.impair()
            back, before = numbers.count, len(viewer.pictures)
            while not any(map(is_vp8_key, viewer.pictures[before:])):
                assert numbers.count < back + TO_RECOVER
                viewer.pli()
                await asyncio.sleep(0.1)
            recovered = numbers.count
            await until(lambda: numbers.count > recovered + RATE // 2)

            shown = read_vp8(viewer.pictures[before:])
            assert shown == list(range(shown[0], shown[-1] + 1))
            assert back <= shown[0] < back + TO_RECOVER
            assert len(shown) > 1
            assert net.metric("levelchat_cascade_key_frame_requests_total") > asked
