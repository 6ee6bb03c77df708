"""The laws of one broadcast, with real processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from broadcast import AV, SMALL, Origin, eventually, on_air, video
from prometheus_client import CollectorRegistry

from levelchat.clock import SystemClock
from levelchat.media.wire import Dropped
from packager.broadcast import Broadcast
from packager.child import Child
from packager.metrics import PackagerMetrics

CLOCK = SystemClock()


class Stage:
    """A broadcast, its origin, its processes, and what the publisher is asked."""

    def __init__(self) -> None:
        self.origin = Origin()
        self.children: list[Child] = []
        self.wishes = 0
        self.registry = CollectorRegistry()
        self.broadcast = Broadcast(
            "r_test",
            linger_seconds=0.7,
            clock=CLOCK,
            sink=self.origin,
            take_child=self._take,
            metrics=PackagerMetrics(self.registry),
        )

    def wish(self) -> None:
        self.wishes += 1

    def metric(self, name: str) -> float:
        return self.registry.get_sample_value(f"levelchat_packager_{name}") or 0

    @asynccontextmanager
    async def publisher(self) -> AsyncIterator[None]:
        """Somebody is on air."""
        writer = self.broadcast.open(AV, self.wish)
        playing = asyncio.create_task(on_air(writer, CLOCK))
        yield
        playing.cancel()
        await asyncio.wait([playing])
        writer.close("over")

    async def _take(self) -> Child:
        child = Child(SMALL, CLOCK.offset_ns)
        await child.start()
        self.children.append(child)
        return child


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    task = asyncio.create_task(stage.broadcast.run())
    yield stage
    stage.broadcast.finish()
    await asyncio.wait_for(task, 10)
    assert not any(child.alive for child in stage.children)


async def test_a_publisher_makes_a_program(stage: Stage) -> None:
    """Parts of every rendition arrive; after the linger time the broadcast ends by itself."""
    async with stage.publisher():
        await eventually(lambda: len(stage.origin.parts) >= 9, "three parts each")
    await eventually(lambda: stage.origin.ended == ["r_test"], "the end")

    assert [r.name for r in stage.origin.programs[0].renditions] == ["v180", "v90", "a128"]
    assert stage.origin.parts[-1].last
    assert stage.wishes >= 1
    assert stage.metric("parts_total") == len(stage.origin.parts)
    assert stage.metric("restarts_total") == 0


async def test_a_process_that_is_killed_is_replaced(stage: Stage) -> None:
    """SIGKILL costs a new program; the publisher is asked for a key frame, nothing else."""
    async with stage.publisher():
        await eventually(lambda: stage.origin.parts, "a part")
        wishes = stage.wishes
        os.kill(stage.children[0].pid, signal.SIGKILL)
        await eventually(lambda: len(stage.origin.programs) == 2, "a new program")
        count = len(stage.origin.parts)
        await eventually(lambda: len(stage.origin.parts) > count + 3, "its parts")

    assert stage.wishes > wishes
    assert stage.metric("restarts_total") == 1
    sessions = {program.session for program in stage.origin.programs}
    assert len(sessions) == 2
    assert stage.origin.ended == []


async def test_a_program_that_fails_on_the_way_is_followed_by_another(stage: Stage) -> None:
    """A defect behind the seam costs a new program, not the broadcast."""
    stage.origin.failing = True
    async with stage.publisher():
        await eventually(lambda: len(stage.children) == 2, "another process")
        stage.origin.failing = False
        await eventually(lambda: stage.origin.parts, "a part")

    assert stage.origin.ended == []


async def test_a_publisher_that_comes_back_continues_the_program(stage: Stage) -> None:
    """Within the linger time, the process and its program are the same."""
    async with stage.publisher():
        await eventually(lambda: stage.origin.parts, "a part")
    async with stage.publisher():
        count = len(stage.origin.parts)
        await eventually(lambda: len(stage.origin.parts) > count + 6, "more parts")

    assert len(stage.children) == len(stage.origin.programs) == 1


async def test_a_new_publisher_silences_the_old_one(stage: Stage) -> None:
    """What a replaced publisher writes or closes changes nothing."""
    old = stage.broadcast.open(AV, stage.wish)
    async with stage.publisher():
        old.write(video()[0])
        old.close("late")
        await asyncio.sleep(0.8)
        await eventually(lambda: stage.origin.parts, "a part")

    assert stage.origin.ended == []


async def test_a_publisher_that_never_sends_leaves_nothing(stage: Stage) -> None:
    """No program, no end, and after the linger time no process."""
    writer = stage.broadcast.open(AV, stage.wish)
    await eventually(lambda: stage.children, "a process")
    writer.close("bored")
    await eventually(lambda: not stage.children[0].alive, "its end")

    assert (stage.origin.programs, stage.origin.ended) == ([], [])


async def test_a_process_that_dies_while_nobody_publishes_is_not_replaced(stage: Stage) -> None:
    """Without a publisher there is nothing to decode; the broadcast ends in time."""
    async with stage.publisher():
        await eventually(lambda: stage.origin.parts, "a part")
    os.kill(stage.children[0].pid, signal.SIGKILL)
    await eventually(lambda: stage.origin.ended == ["r_test"], "the end")

    assert len(stage.children) == 1


async def test_a_process_that_hangs_is_ended(stage: Stage) -> None:
    """A stopped process does not answer `Finish`; the broadcast ends within 5 s all the same."""
    async with stage.publisher():
        await eventually(lambda: stage.origin.parts, "a part")
        os.kill(stage.children[0].pid, signal.SIGSTOP)
    stage.broadcast.finish()

    await eventually(lambda: stage.origin.ended == ["r_test"], "the end", seconds=5)


async def test_a_process_that_does_not_read_loses_frames(stage: Stage) -> None:
    """What would wait too long is left out and counted, and a key frame is asked for."""
    async with stage.publisher():
        await eventually(lambda: stage.origin.parts, "a part")
        os.kill(stage.children[0].pid, signal.SIGSTOP)
        writer = stage.broadcast.open(AV, stage.wish)
        wishes = stage.wishes
        key = next(frame for frame in video() if frame.key)
        large = type(key)(key.codec, 0, 0, True, False, key.data * 200)
        for _ in range(100):
            writer.write(large)
        os.kill(stage.children[0].pid, signal.SIGCONT)

        def asked() -> bool:
            writer.write(key)
            return stage.wishes > wishes

        await eventually(asked, "a key frame being asked for")

    dropped = stage.registry.get_sample_value(
        "levelchat_packager_dropped_frames_total", {"reason": "process behind"}
    )
    assert dropped


async def test_what_a_process_left_out_is_counted(stage: Stage) -> None:
    """Its own drops are in our metrics, by reason."""
    stage.broadcast._handle(Dropped("v180", 7, "encoder behind"))

    labels = {"reason": "encoder behind"}
    assert stage.registry.get_sample_value("levelchat_packager_dropped_frames_total", labels) == 7
