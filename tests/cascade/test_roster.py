"""Laws of what subscribers are told."""

import offers

from cascade import roster
from cascade.layers import Flow
from cascade.seating import Seating, View
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.subscribe import subscribe

TRACKS = (
    PublishedTrack(Codec.OPUS, (Layer(1),)),
    PublishedTrack(Codec.VP8, (Layer(2, "l"), Layer(3, "h"))),
)
ANNA = Publication("r_1", "s_anna", "anna", "Anna", TRACKS, lambda _: None)
LAYERED = (PublishedTrack(Codec.VP9, (Layer(4),), dependency_descriptor=True),)
BEN = Publication("r_1", "s_ben", "ben", "Ben", LAYERED, lambda _: None)


def test_who_is_in_which_slot() -> None:
    """With the layers that there are, and the one that is sent."""
    made = Seating(subscribe(parse_offer(offers.receiving(offers.CHROMIUM))).slots)
    contents = made.arrange(View([ANNA], {}, {3: Flow(0, True), 2: Flow(0, True)}), None, 0)

    told = {each["kind"]: each for each in roster.tracks(contents.values())}

    assert told["video"]["session"] == "s_anna"
    assert told["video"]["layers"] == ["l", "h"]
    assert told["video"]["layer"] == "h"
    assert told["audio"]["layers"] == []
    assert told["audio"]["mid"] != told["video"]["mid"]
    assert not told["audio"]["paused"]


def test_layers_by_slot() -> None:
    """Those of pictures; within a stream by number, between streams by name."""
    made = Seating(subscribe(parse_offer(offers.receiving(offers.CHROMIUM, 2))).slots)
    view = View([ANNA, BEN], {}, {3: Flow(9000, True), 2: Flow(1000, True), 4: Flow(5000, True)})

    told = list(roster.layers(made.arrange(view, None, 0).values()).values())

    assert told[0]["active"] == [{"encodingId": "h"}]
    assert told[0]["layers"] == [{"encodingId": "l"}, {"encodingId": "h"}]
    assert told[1]["active"] == [{"spatialLayerId": 2, "temporalLayerId": 2}]
    paused = roster.layers(made.arrange(view, 0, 0).values())
    assert [each["active"] for each in paused.values()] == [[], []]
