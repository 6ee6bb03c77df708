"""Laws of a room on one node."""

import msgspec
import pytest
import whepkit
from whepkit import Whep, until, viewers


async def test_a_layer_that_falls_silent_is_left(whep: Whep) -> None:
    """Its encoder dropped it: the next one below goes on in the same stream."""
    anna = whep.publish(layers=2)
    for layer in (0, 1):
        anna.picture(layer, key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)

        def low_flows() -> bool:
            anna.picture(0, key=anna.source(1, 0) in anna.asked)
            return len(viewer.pictures) > 5

        await until(low_flows)
        numbers = [packet.sequence for packet in viewer.pictures]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_replaced_sources_go_on_in_the_same_stream(whep: Whep) -> None:
    """As when a session comes another way now: nobody negotiates, no number is missing."""
    anna = whep.publish()
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)
        whep.count -= 1
        moved = whep.publish()
        assert moved.publication.session == anna.publication.session
        for track in anna.publication.tracks:
            whep.endpoint.close_source(track.layers[0].source)
        moved.picture(key=True)
        moved.picture()

        await until(lambda: len(viewer.pictures) == 3)

        assert len({packet.ssrc for packet in viewer.pictures}) == 1
        numbers = [packet.sequence for packet in viewer.pictures]
        assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


async def test_the_last_who_spoke_has_the_only_seat() -> None:
    """A player with one picture and one sound follows the talk."""
    async with whepkit.running() as whep:
        anna, ben = whep.publish("anna"), whep.publish("ben")
        for published in (anna, ben):
            published.picture(key=True)
        with viewers(1) as (viewer,):
            await whep.subscribe(viewer)
            await until(lambda: viewer.pictures)
            count = len(viewer.pictures)

            def ben_is_shown() -> bool:
                ben.sound(level=20)
                anna.sound(level=90)
                ben.picture(key=ben.source() in ben.asked)
                return len(viewer.pictures) > count

            await until(ben_is_shown)


async def test_the_programme_has_the_only_seat_at_last(whep: Whep) -> None:
    """Where somebody else had just sat down it waits, and needs nobody to come or speak."""
    anna = whep.publish("anna")
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)
        ben = whep.publish("ben", programme=True)
        count = len(viewer.pictures)

        def ben_is_shown() -> bool:
            whep.clock.skip(0.05)
            ben.picture(key=True)
            return len(viewer.pictures) > count

        await until(ben_is_shown)


async def test_a_publisher_that_cannot_be_asked_costs_nobody_else(
    whep: Whep, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither who watches it nor the process ends when asking it for a key frame fails."""

    def fail(_source: int) -> None:
        raise RuntimeError("no such peer")

    anna = whep.publish()
    whep.stage.publish(msgspec.structs.replace(anna.publication, request_key_frame=fail))
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)
        whep.clock.skip(5)
        viewer.pli()
        viewer.pli()
        await until(lambda: whep.metric("levelchat_cascade_key_frame_requests_total") > 1)

        anna.picture()

        await until(lambda: len(viewer.pictures) > 1)
    assert "a key frame was not asked for" in capsys.readouterr().out


async def test_replaced_layers_are_measured_already(whep: Whep) -> None:
    """Nobody is given a layer that does not flow, because nothing is known of another way."""
    anna = whep.publish(layers=2)
    anna.picture(0, key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)
        whep.count -= 1

        moved = whep.publish(layers=2)
        moved.picture(0, key=True)

        await until(lambda: len(viewer.pictures) == 2)
        assert moved.source(1, 1) not in moved.asked
