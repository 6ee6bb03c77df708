"""Laws of what each slot carries."""

import offers

from cascade.layers import Flow
from cascade.seating import SOUND, Seating, View
from cascade.wishes import Wish
from levelchat.media.codec import Codec, Kind
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.sdp import parse_offer
from levelchat.rtc.subscribe import subscribe

START = 1_000_000_000_000
SOUNDTRACK = PublishedTrack(Codec.OPUS, (Layer(1),))
PICTURE = PublishedTrack(Codec.VP8, (Layer(2, "l"), Layer(3, "m"), Layer(4, "h")))
FLOWS = {
    1: Flow(40_000, True),
    2: Flow(100_000, True),
    3: Flow(400_000, True),
    4: Flow(1_500_000, True),
}
ANNA = Publication("r_1", "s_anna", "anna", "Anna", (SOUNDTRACK, PICTURE), lambda _: None)
VIEW = View([ANNA], {}, FLOWS)
ALL = 1_500_000 + SOUND


def seating(count: int = 1) -> Seating:
    return Seating(subscribe(parse_offer(offers.receiving(offers.CHROMIUM, count))).slots)


def layer(made: Seating, budget: int | None) -> str | None:
    """The layer of the picture; None when nothing of it is sent."""
    contents = made.arrange(VIEW, budget, START).values()
    (content,) = (each for each in contents if each.track.kind is Kind.VIDEO)
    assert bool(content.selection.source) == (content.option is not None)
    return content.option.rid if content.option else None


def test_everything_is_sent_where_there_is_room() -> None:
    """Under the payload types of the slots, from a key frame that is there."""
    made = seating()

    contents = made.arrange(VIEW, None, START)

    assert {each.selection.source for each in contents.values()} == {1, 4}
    for index, content in contents.items():
        assert content.slot.index == index
        assert content.slot.format_for(content.track.codec) is not None
        assert content.selection.replay == (content.track.kind is Kind.VIDEO)
    assert made.wanted == ALL


def test_the_picture_gives_way_and_the_sound_does_not() -> None:
    """Layer after layer, and at last the picture."""
    made = seating()

    assert layer(made, ALL) == "h"
    assert layer(made, ALL - 1) == "m"
    assert layer(made, SOUND + 100_000) == "l"
    assert layer(made, SOUND + 10_000) is None
    sounds = [
        each for each in made.arrange(VIEW, 0, START).values() if each.track.kind is Kind.AUDIO
    ]
    assert [each.selection.source for each in sounds] == [1]


def test_a_wish_holds_for_its_slot() -> None:
    """Within the budget; what is paused is not sent and costs nothing."""
    made = seating()
    slot = next(slot for slot in made.slots if slot.kind is Kind.VIDEO)
    assert made.slot_of(slot.mid) is slot
    made.wishes[slot.index] = Wish(media_id=slot.mid, encoding_id="m")
    assert layer(made, None) == "m"
    assert layer(made, SOUND + 100_000) == "l"

    made.wishes[slot.index] = Wish(media_id=slot.mid, paused=True)

    assert layer(made, None) is None
    assert made.wanted == SOUND


def test_an_empty_room_fills_no_slot() -> None:
    """Nor does somebody who left."""
    made = seating(4)
    assert made.seats == 4
    made.arrange(VIEW, None, START)

    assert made.arrange(View([], {}, {}), None, START) == {}
    assert made.slot_of("no such") is None


def test_redundant_audio_goes_to_who_takes_it() -> None:
    """Under its own payload type; nobody gets packets that they would take for plain sound."""
    track = PublishedTrack(Codec.OPUS, (Layer(1),), red=True)
    view = View([Publication("r_1", "s_b", "ben", "Ben", (track,), lambda _: None)], {}, FLOWS)
    deaf = Seating(subscribe(parse_offer(offers.RECEIVING["firefox"])).slots)

    (content,) = seating().arrange(view, None, START).values()

    assert (content.selection.source, content.selection.payload_type) == (1, 63)
    assert deaf.arrange(view, None, START) == {}
