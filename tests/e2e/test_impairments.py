"""Numbered pictures through a bad network: from a publisher, over the stage, to a decoder."""

import pytest
from counterkit import RATE, Shown
from netsim import BAD
from stagenet import Shot, shot

CORES = [("native", "H264"), ("portable", "VP8")]
PICTURES = 3 * RATE
FEW = PICTURES // 15


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
