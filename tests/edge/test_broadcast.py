"""Laws of edge.broadcast."""

import msgspec
import synthetic

from edge.broadcast import Broadcast
from levelchat.client.rules.reading import read
from levelchat.media.program import Program


def _listed(broadcast: Broadcast, name: str) -> list[int]:
    text = broadcast.playlist(name).plain.decode()
    return [segment.msn for segment in read(text, "http://e/x.m3u8").segments]


def _running(*renditions: object) -> tuple[Broadcast, Program]:
    running = synthetic.program("s1", *renditions)  # type: ignore[arg-type]
    broadcast = Broadcast(running, 512_000_000, 60)
    broadcast.begin(running)
    return broadcast, running


def _feed(broadcast: Broadcast, running: Program, start_s: float, seconds: float) -> None:
    start_ns = synthetic.START_NS + int(start_s * 10**9)
    for part in synthetic.parts(running, start_ns, seconds):
        broadcast.add(part, part.wall_ns)


def test_a_restart_goes_on_counting_in_all_renditions_alike() -> None:
    """A8.4: after a restart each rendition's discontinuity has the same sequence number."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 5)
    again = synthetic.program("s2")
    broadcast.begin(again)
    _feed(broadcast, again, 7, 6)

    begins = set()
    for name in broadcast.windows:
        text = broadcast.playlist(name).plain.decode()
        segments = read(text, "http://e/x.m3u8").segments
        begins.add(next(segment.msn for segment in segments if segment.discontinuity))
    assert len(begins) == 1
    numbers = _listed(broadcast, "v720")
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_rendition_that_is_gone_ends() -> None:
    """A program without a rung gives that rung's playlist EXT-X-ENDLIST."""
    broadcast, running = _running()
    _feed(broadcast, running, 0, 4)
    less = synthetic.program("s2", synthetic.SMALL, synthetic.AUDIO)
    broadcast.begin(less)
    _feed(broadcast, less, 6, 4)

    assert broadcast.playlist("v720").plain.endswith(b"#EXT-X-ENDLIST\n")
    assert b"ENDLIST" not in broadcast.playlist("v240").plain


def test_a_rung_joins_at_its_first_segment() -> None:
    """A rendition added later begins with its own first segment and is reported from then on."""
    broadcast, running = _running(synthetic.SMALL, synthetic.AUDIO)
    _feed(broadcast, running, 0, 4)
    broadcast.add_rendition(synthetic.VIDEO)
    before = broadcast.multivariant().plain
    more = msgspec.structs.replace(
        running, renditions=(synthetic.VIDEO, synthetic.SMALL, synthetic.AUDIO)
    )
    _feed(broadcast, more, 4, 4)

    assert b"v720" not in before
    assert b"v720" in broadcast.multivariant().plain
    assert _listed(broadcast, "v720")[0] == _listed(broadcast, "v240")[2]
    assert b'"v720.m3u8",LAST-MSN' in broadcast.playlist("v240").plain


def test_sound_alone_is_a_broadcast() -> None:
    """A publisher without a camera is heard: the sound's playlist is the only variant."""
    broadcast, running = _running(synthetic.AUDIO)
    _feed(broadcast, running, 0, 4)

    assert broadcast.multivariant().plain.endswith(b"a128.m3u8\n")
