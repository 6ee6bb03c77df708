"""Laws of which layers a subscriber could have, and which it wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade.layers import ALL, NOMINAL_WIDTH, Flow, Option, aim, options
from cascade.wishes import MAX_SIDE, Wish
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, PublishedTrack

SIMULCAST = PublishedTrack(Codec.VP8, (Layer(1, "l"), Layer(2, "m"), Layer(3, "h")))
FLOWS = {1: Flow(100, True), 2: Flow(400, True), 3: Flow(1500, True)}


def wish(**wished: object) -> Wish:
    return Wish(media_id="0", **wished)  # type: ignore[arg-type]


def sides(found: tuple[Option, ...]) -> list[tuple[int, int]]:
    return [(option.width, option.height) for option in found]


def rid(found: tuple[Option, ...], wished: Wish | None) -> str:
    return found[aim(found, wished)].rid


def test_layers_are_offered_lowest_first() -> None:
    """Each with its rate, and half as wide as the next, where nothing is known of sizes."""
    found = options(SIMULCAST, FLOWS)

    assert [(option.rid, option.width, option.rate) for option in found] == [
        ("l", NOMINAL_WIDTH // 4, 100),
        ("m", NOMINAL_WIDTH // 2, 400),
        ("h", NOMINAL_WIDTH, 1500),
    ]


def test_sizes_are_what_key_frames_say() -> None:
    """A layer of which none came yet is as large as those that are known have it."""
    known = {1: Flow(100, True, 480, 270), 2: Flow(400, True), 3: Flow(1500, True, 1920, 1080)}
    portrait = {1: Flow(100, True), 2: Flow(400, True, 360, 640), 3: Flow(0, False)}

    assert sides(options(SIMULCAST, known)) == [(480, 270), (960, 540), (1920, 1080)]
    assert sides(options(SIMULCAST, portrait)) == [(180, 320), (360, 640)]
    assert rid(options(SIMULCAST, known), wish(max_width=300, max_height=169)) == "l"
    layered = PublishedTrack(Codec.VP9, (Layer(3),), dependency_descriptor=True)
    assert sides(options(layered, known))[1:] == [(480, 270), (960, 540), (1920, 1080)]
    plain = PublishedTrack(Codec.H264, (Layer(3),))
    assert sides(options(plain, known)) == [(1920, 1080)]


def test_a_layer_that_does_not_flow_is_left_out() -> None:
    """Unless none does: then all may come."""
    dropped = FLOWS | {3: Flow(0, False)}

    assert rid(options(SIMULCAST, dropped), None) == "m"
    assert rid(options(SIMULCAST, dropped), wish(encoding_id="h")) == "m"
    assert rid(options(SIMULCAST, {}), None) == "h"


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((100, 56), "l"), ((200, 112), "l"), ((400, 225), "m"), ((401, 0), "h"), ((4000, 0), "h")],
)
def test_a_size_wishes_for_the_least_that_is_enough(size: tuple[int, int], wanted: str) -> None:
    """Eight tenths of the pixels of a side look as good."""
    wished = wish(max_width=size[0], max_height=size[1])

    assert rid(options(SIMULCAST, FLOWS), wished) == wanted


def test_a_layer_may_be_named() -> None:
    """Whatever the size; nothing that is not there."""
    found = options(SIMULCAST, FLOWS)

    assert rid(found, wish(encoding_id="l", max_width=4000)) == "l"
    assert rid(found, wish(encoding_id="x")) == "h"


def test_layers_within_a_stream_need_its_descriptor() -> None:
    """Without it the stream goes as it is."""
    plain = PublishedTrack(Codec.AV1, (Layer(1),))
    layered = PublishedTrack(Codec.AV1, (Layer(1),), dependency_descriptor=True)

    assert [(option.spatial, option.temporal) for option in options(plain, FLOWS)] == [(ALL, ALL)]
    found = options(layered, {1: Flow(1000, True)})
    assert [(option.spatial, option.temporal) for option in found] == [
        (0, 0),
        (0, 2),
        (1, 2),
        (2, 2),
    ]
    assert [option.rate for option in found] == sorted(option.rate for option in found)
    assert found[aim(found, wish(max_spatial_layer_id=1))].spatial == 1
    assert found[aim(found, wish(spatial_layer_id=0, temporal_layer_id=0))].temporal == 0
    assert found[aim(found, wish(max_width=160))][2:4] == (0, 2)


@given(
    st.integers(0, MAX_SIDE),
    st.integers(0, MAX_SIDE),
    st.sets(st.sampled_from([1, 2, 3])),
    st.lists(st.sampled_from([(0, 0), (320, 180), (1920, 1080)]), min_size=3, max_size=3),
)
def test_of_the_layers_that_flow_the_lowest_that_is_enough(
    width: int, height: int, flowing: set[int], known: list[tuple[int, int]]
) -> None:
    """Where none is enough the highest; those below it are not, and silent ones are skipped."""
    found = options(
        SIMULCAST, {source: Flow(100, source in flowing, *known[source - 1]) for source in FLOWS}
    )
    place = aim(found, wish(max_width=width, max_height=height))

    def is_enough(option: Option) -> bool:
        return option.width >= 0.8 * width and option.height >= 0.8 * height

    assert {option.source for option in found} == (flowing or set(FLOWS))
    if width or height:
        assert not any(map(is_enough, found[:place]))
        assert is_enough(found[place]) or place == len(found) - 1
    else:
        assert place == len(found) - 1
