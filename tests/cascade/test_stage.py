"""Laws of a stage."""

from cascade.stage import Stage
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, Publication, PublishedTrack

ROOM = "r_stage"


def publication(session: str, source: int = 1) -> Publication:
    track = PublishedTrack(Codec.VP8, (Layer(source),))
    return Publication(ROOM, session, "anna", "Anna", (track,), lambda _: None)


class Notes:
    """An `Upstream` and a `StageWatcher` that write down what they hear."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []

    def want(self, room: str) -> None:
        self.heard.append(("want", room))

    def unwant(self, room: str) -> None:
        self.heard.append(("unwant", room))

    async def settle(self, room: str) -> None:
        """Nothing is elsewhere."""

    def alternate(self, _room: str) -> str | None:
        return None

    def on_published(self, publication: Publication) -> None:
        self.heard.append(("published", publication))

    def on_replaced(self, former: Publication, publication: Publication) -> None:
        self.heard.append(("replaced", (former, publication)))

    def on_unpublished(self, publication: Publication) -> None:
        self.heard.append(("unpublished", publication))


def test_watchers_hear_of_every_change() -> None:
    """A session that is published again has only changed; what is over twice is over once."""
    stage, watcher = Stage(Notes()), Notes()
    stage.watch(ROOM, watcher)
    first, second = publication("s_1"), publication("s_1", source=2)
    stage.publish(first)
    stage.publish(second)
    stage.unpublish(ROOM, "s_1")
    stage.unpublish(ROOM, "s_1")

    assert watcher.heard == [
        ("published", first),
        ("replaced", (first, second)),
        ("unpublished", second),
    ]
    assert stage.rooms() == ()


def test_a_room_is_wanted_while_somebody_watches() -> None:
    """Once for all of them."""
    upstream = Notes()
    stage = Stage(upstream)
    one, other = Notes(), Notes()
    stage.watch(ROOM, one)
    stage.watch(ROOM, other)
    stage.unwatch(ROOM, one)
    stage.unwatch(ROOM, one)
    stage.unwatch(ROOM, other)

    assert upstream.heard == [("want", ROOM), ("unwant", ROOM)]
    stage.publish(publication("s_1"))
    assert one.heard == []
    assert stage.watchers(ROOM) == 0
