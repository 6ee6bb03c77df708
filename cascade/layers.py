"""Which layers of a track a subscriber could have, and which of them it wants.

Comes in: a track, how much flows in each of its sources, the subscriber's wish. Goes out: options
from the lowest to the highest, and the one to aim for. Pure: it measures nothing.

Sizes are nominal: a forwarder does not decode. The highest layer is taken for 360 lines, the least
that people publish in layers, so that nobody gets less than is shown; each one below for half of
the one above, as browsers scale them.
"""

from collections.abc import Mapping
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


class Option(NamedTuple):
    """One way to send a track."""

    source: int
    rid: str
    spatial: int
    temporal: int
    divisor: int
    """Its sides are those of the whole picture divided by this."""
    rate: int
    """Bits a second; 0: not known."""


class _Step(NamedTuple):
    """One way to thin out a stream that has layers within."""

    spatial: int
    temporal: int
    divisor: int
    percent: int
    """Of the whole stream's rate, as encoders share it out."""


_STEPS = (_Step(0, 0, 4, 8), _Step(0, 2, 4, 15), _Step(1, 2, 2, 45), _Step(2, 2, 1, 100))
"""Three spatial and three temporal layers (L3T3_KEY). A stream with fewer sends all that it has
earlier; one that has more has what nobody asked for."""


def options(track: PublishedTrack, flows: Mapping[int, Flow]) -> tuple[Option, ...]:
    """From the lowest to the highest; only what flows, unless nothing does."""
    if len(track.layers) == 1:
        return _within(track, flows)
    highest = len(track.layers) - 1
    found = [
        Option(
            source=layer.source,
            rid=layer.rid,
            spatial=ALL,
            temporal=ALL,
            divisor=1 << (highest - place),
            rate=_flow(layer.source, flows).rate,
        )
        for place, layer in enumerate(track.layers)
    ]
    flowing = [option for option in found if _flow(option.source, flows).flows]
    return tuple(flowing or found)


def _within(track: PublishedTrack, flows: Mapping[int, Flow]) -> tuple[Option, ...]:
    """Layers within the one stream, where they can be told apart."""
    source, rid = track.layers[0].source, track.layers[0].rid
    rate = _flow(source, flows).rate
    # Without the descriptor nobody says which pictures of AV1 belong to which layer.
    if track.codec not in _SCALABLE or not track.dependency_descriptor:
        return (Option(source, rid, ALL, ALL, 1, rate),)
    return tuple(
        Option(source, rid, step.spatial, step.temporal, step.divisor, rate * step.percent // 100)
        for step in _STEPS
    )


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
        wide = NOMINAL_WIDTH // option.divisor * _TENTHS >= wish.max_width * ENOUGH
        high = NOMINAL_HEIGHT // option.divisor * _TENTHS >= wish.max_height * ENOUGH
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
