"""Which layers of a track a subscriber could have, and which of them it wants.

Comes in: a track, what flows in each of its sources, the subscriber's wish. Goes out: options
from the lowest to the highest, and the one to aim for. Pure: it measures nothing.

A layer whose size is not known yet has half of the one above, as browsers scale them. Where no
size is, the highest is taken for 360 lines, the least that people publish in layers, so that
nobody gets less than is shown.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cascade.wishes import Wish
from levelchat.media.codec import Codec
from levelchat.media.stage import PublishedTrack

NOMINAL_HEIGHT = 360
NOMINAL_WIDTH = 640
ALL = 255
"""No layer of a stream is left out."""
ENOUGH = 8
"""A layer with 8 tenths of the pixels of a side that it is shown at looks as good."""

_TENTHS = 10
_SCALABLE = frozenset({Codec.VP9, Codec.AV1})


class Flow(NamedTuple):
    """What a source does now."""

    rate: int
    """Bits a second of payload; 0: not known yet."""
    flows: bool
    """Packets came of late."""
    width: int = 0
    """Pixels; 0: not known."""
    height: int = 0


class Option(NamedTuple):
    """One way to send a track."""

    source: int
    rid: str
    spatial: int
    temporal: int
    width: int
    """Pixels."""
    height: int
    rate: int
    """Bits a second; 0: not known."""


class _Step(NamedTuple):
    """One way to thin out a stream that has layers within."""

    spatial: int
    temporal: int
    halvings: int
    """Of the sides of the whole picture."""
    percent: int
    """Of the whole stream's rate, as encoders share it out."""


_STEPS = (_Step(0, 0, 2, 8), _Step(0, 2, 2, 15), _Step(1, 2, 1, 45), _Step(2, 2, 0, 100))
"""Three spatial and three temporal layers (L3T3_KEY). A stream with fewer sends all that it has
earlier; one that has more has what nobody asked for."""


def options(track: PublishedTrack, flows: Mapping[int, Flow]) -> tuple[Option, ...]:
    """From the lowest to the highest; only what flows, unless nothing does."""
    if len(track.layers) == 1:
        return _within(track, flows)
    sizes = _sizes([_flow(layer.source, flows) for layer in track.layers])
    found = [
        Option(layer.source, layer.rid, ALL, ALL, *size, _flow(layer.source, flows).rate)
        for layer, size in zip(track.layers, sizes, strict=True)
    ]
    flowing = [option for option in found if _flow(option.source, flows).flows]
    return tuple(flowing or found)


def _within(track: PublishedTrack, flows: Mapping[int, Flow]) -> tuple[Option, ...]:
    """Layers within the one stream, where they can be told apart."""
    source, rid = track.layers[0].source, track.layers[0].rid
    flow = _flow(source, flows)
    (whole,) = _sizes([flow])
    # Without the descriptor nobody says which pictures of AV1 belong to which layer.
    if track.codec not in _SCALABLE or not track.dependency_descriptor:
        return (Option(source, rid, ALL, ALL, *whole, flow.rate),)
    return tuple(
        Option(
            source,
            rid,
            step.spatial,
            step.temporal,
            *_halve(whole, step.halvings),
            rate=flow.rate * step.percent // 100,
        )
        for step in _STEPS
    )


def _sizes(flows: Sequence[Flow]) -> list[tuple[int, int]]:
    """Of each layer, from the lowest to the highest."""
    below = range(len(flows) - 1, -1, -1)
    known = [
        (flow.width << halvings, flow.height << halvings)
        for flow, halvings in zip(flows, below, strict=True)
        if flow.width
    ]
    whole = known[-1] if known else (NOMINAL_WIDTH, NOMINAL_HEIGHT)
    return [
        (flow.width, flow.height) if flow.width else _halve(whole, halvings)
        for flow, halvings in zip(flows, below, strict=True)
    ]


def _halve(size: tuple[int, int], times: int) -> tuple[int, int]:
    return size[0] >> times, size[1] >> times


def aim(found: tuple[Option, ...], wish: Wish | None) -> int:
    """Place of the option that would serve the wish best."""
    highest = len(found) - 1
    if wish is None:
        return highest
    if wish.encoding_id:
        named = [place for place, option in enumerate(found) if option.rid == wish.encoding_id]
        # A layer that the encoder has just dropped comes back, and is gone over to then.
        return named[-1] if named else highest
    return min(_by_size(found, wish), _by_number(found, wish))


def _by_size(found: tuple[Option, ...], wish: Wish) -> int:
    for place, option in enumerate(found):
        wide = option.width * _TENTHS >= wish.max_width * ENOUGH
        high = option.height * _TENTHS >= wish.max_height * ENOUGH
        is_said = wish.max_width or wish.max_height
        if is_said and wide and high and option.temporal != 0:
            return place
    return len(found) - 1


def _by_number(found: tuple[Option, ...], wish: Wish) -> int:
    fitting = [
        place
        for place, option in enumerate(found)
        if (wish.spatial is None or option.spatial in (ALL, *range(wish.spatial + 1)))
        and (wish.temporal is None or option.temporal in (ALL, *range(wish.temporal + 1)))
    ]
    return max(fitting, default=0)


def _flow(source: int, flows: Mapping[int, Flow]) -> Flow:
    return flows.get(source, Flow(0, flows=False))
