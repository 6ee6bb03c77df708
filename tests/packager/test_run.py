"""The laws of one run of a program."""

import threading

from broadcast import SMALL, START_NS, parts, picture, programs

from levelchat.media.program import Part
from levelchat.media.wire import Dropped, FromProcess, PartReady
from packager.run import ProgramRun

SECOND = 1_000_000_000
ORIGIN = START_NS * 30 // SECOND


def _wall(number: int) -> int:
    return (ORIGIN + number) * SECOND // 30


def _run(messages: list[FromProcess], *, sound: bool = False, patient: bool = True) -> ProgramRun:
    run = ProgramRun(
        SMALL, messages.append, origin=ORIGIN, size=(320, 180), sound=sound, patient=patient
    )
    run.start()
    return run


def test_a_program_is_announced_before_its_parts() -> None:
    """The first message names every rendition; each session is a new one."""
    first: list[FromProcess] = []
    second: list[FromProcess] = []
    for messages in (first, second):
        run = _run(messages, sound=True)
        for number in range(20):
            run.show(picture(320, 180, number, light=False), _wall(number), _wall(number))
        run.finish()

    assert programs(first[:1])
    assert any(isinstance(message, PartReady) for message in first)
    assert programs(first)[0].session != programs(second)[0].session


def test_sound_and_picture_end_together() -> None:
    """Sound that is missing at the end is silence up to the last picture."""
    messages: list[FromProcess] = []
    run = _run(messages, sound=True)
    for number in range(90):
        run.show(picture(320, 180, number, light=False), _wall(number), _wall(number))
    run.finish()
    lengths = {
        r.name: sum(part.duration for part in parts(messages, r.name)) / r.timescale
        for r in programs(messages)[0].renditions
    }

    assert lengths["v180"] == lengths["v90"] == 3
    assert abs(lengths["a128"] - 3) < 0.022


class Jammed:
    """Takes messages, but holds the first part of a rendition until it is released."""

    def __init__(self, rendition: str) -> None:
        self.messages: list[FromProcess] = []
        self.release = threading.Event()
        self._rendition = rendition

    def __call__(self, message: FromProcess) -> None:
        if isinstance(message, PartReady) and message.part.rendition == self._rendition:
            self.release.wait(10)
        self.messages.append(message)


def _overload(jam: Jammed) -> None:
    run = ProgramRun(SMALL, jam, origin=ORIGIN, size=(320, 180), sound=True, patient=False)
    run.start()
    pictures = [picture(320, 180, number, light=False) for number in range(150)]
    for number, shown in enumerate(pictures):
        run.show(shown, _wall(number), _wall(number))
        run.tick(_wall(number))
        if number == 100:
            jam.release.set()
            _until_idle(run)
    run.finish()


def _until_idle(run: ProgramRun) -> None:
    deadline = threading.Event()
    for _ in range(1000):
        if all(rendition.progress.working_ns == 0 for rendition in run._renditions):
            return
        deadline.wait(0.01)
    raise AssertionError("the encoders never caught up")


def _frames(listed: list[Part]) -> int:
    return sum(part.duration for part in listed) // 3000


def test_an_encoder_that_falls_behind_leaves_frames_out() -> None:
    """The time line stays whole, what was left out is counted, sound is complete."""
    jam = Jammed("v90")
    _overload(jam)
    messages = jam.messages
    dropped = [message for message in messages if isinstance(message, Dropped)]

    assert {message.rendition for message in dropped} == {"v180", "v90"}
    assert {message.reason for message in dropped} == {"encoder behind"}
    for name in ("v180", "v90"):
        assert _frames(parts(messages, name)) == 150
    assert any(part.gap for part in parts(messages, "v90"))
    audio = sum(part.duration for part in parts(messages, "a128"))
    assert abs(audio - 5 * 48_000) < 1024


def test_after_an_overload_everything_is_encoded_again() -> None:
    """The last part, made after the jam, misses nothing and begins where it can be decoded."""
    jam = Jammed("v180")
    _overload(jam)

    for name in ("v180", "v90"):
        listed = parts(jam.messages, name)
        assert not listed[-1].gap
        assert any(part.independent for part in listed[-4:])
