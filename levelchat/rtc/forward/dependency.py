"""The dependency descriptor (AV1 RTP payload format 1.0, appendix A): which frame needs which.

Comes in: the header extension elements of one stream, in order of arrival. Goes out: for each what
its frame is to every decode target. Keeps the newest template structure; an element that cannot be
read, or refers to a structure that never came, says nothing.
"""

from typing import NamedTuple

from levelchat.media.bits import BitReader

NOT_PRESENT = 0
SWITCH = 2
"""Decode target indications (A.8.3.3, table A.1); 1 is discardable, 3 required."""

_MANDATORY = 3
"""Bytes without extended fields (A.8.2)."""
_MAX_TEMPLATES = 64
_NO_MORE_LAYERS = 3


class Structure(NamedTuple):
    """What the templates of a coded video sequence say."""

    offset: int
    spatial: tuple[int, ...]
    """Of each template; so the next three."""
    temporal: tuple[int, ...]
    indications: tuple[tuple[int, ...], ...]
    differences: tuple[tuple[int, ...], ...]
    targets: tuple[tuple[int, int], ...]
    """Highest spatial and temporal id of each decode target."""


class Frame(NamedTuple):
    """What one packet says of its frame."""

    starts: bool
    ends: bool
    number: int
    """16 bits."""
    spatial: int
    temporal: int
    indications: tuple[int, ...]
    """For each decode target."""
    differences: tuple[int, ...]
    """Distances to the frames that this one refers to."""
    targets: tuple[tuple[int, int], ...]
    active: int
    """A bit for each decode target that is being sent."""


class DependencyReader:
    """The descriptors of one source."""

    __slots__ = ("_active", "_structure")

    def __init__(self) -> None:
        self._structure: Structure | None = None
        self._active = 0

    def read(self, element: bytes) -> Frame | None:
        """What *element* says; None where that cannot be known."""
        if len(element) < _MANDATORY:
            return None
        try:
            return self._read(element)
        except IndexError:
            return None

    def _read(self, element: bytes) -> Frame | None:
        bits = BitReader(element)
        starts, ends, template, number = bits.take(1), bits.take(1), bits.take(6), bits.take(16)
        custom_indications = custom_differences = 0
        if len(element) > _MANDATORY:
            has_structure, has_active = bits.take(1), bits.take(1)
            custom_indications, custom_differences, _ = bits.take(1), bits.take(1), bits.take(1)
            if has_structure:
                self._structure = _read_structure(bits)
                self._active = (1 << len(self._structure.targets)) - 1
            if has_active and self._structure is not None:
                self._active = bits.take(len(self._structure.targets))
        structure = self._structure
        if structure is None:
            return None
        # A.8.2: the identifiers of templates go round, so that those of an old structure differ.
        index = (template - structure.offset) % _MAX_TEMPLATES
        indications = structure.indications[index]
        differences = structure.differences[index]
        if custom_indications:
            indications = tuple(bits.take(2) for _ in structure.targets)
        if custom_differences:
            differences = _read_differences(bits)
        return Frame(
            bool(starts),
            bool(ends),
            number,
            structure.spatial[index],
            structure.temporal[index],
            indications,
            differences,
            structure.targets,
            self._active,
        )


def _read_differences(bits: BitReader) -> tuple[int, ...]:
    differences = []
    while size := bits.take(2):
        differences.append(bits.take(4 * size) + 1)
    return tuple(differences)


def _read_structure(bits: BitReader) -> Structure:
    offset = bits.take(6)
    target_count = bits.take(5) + 1
    layers = _read_layers(bits)
    indications = tuple(tuple(bits.take(2) for _ in range(target_count)) for _ in layers)
    differences = tuple(_read_template_differences(bits) for _ in layers)
    _skip_chains(bits, target_count, len(layers))
    if bits.take(1):
        # Render resolutions: 32 bits for each spatial layer.
        for _ in range(layers[-1][0] + 1):
            bits.take(32)
    targets = tuple(_target(target, layers, indications) for target in range(target_count))
    return Structure(
        offset,
        tuple(spatial for spatial, _ in layers),
        tuple(temporal for _, temporal in layers),
        indications,
        differences,
        targets,
    )


def _read_layers(bits: BitReader) -> list[tuple[int, int]]:
    """Spatial and temporal id of each template (template_layers)."""
    spatial = temporal = 0
    layers: list[tuple[int, int]] = []
    while len(layers) < _MAX_TEMPLATES:
        layers.append((spatial, temporal))
        following = bits.take(2)
        if following == _NO_MORE_LAYERS:
            return layers
        if following == 1:
            temporal += 1
        elif following:
            spatial, temporal = spatial + 1, 0
    raise IndexError("a dependency structure with too many templates")


def _read_template_differences(bits: BitReader) -> tuple[int, ...]:
    differences = []
    while bits.take(1):
        differences.append(bits.take(4) + 1)
    return tuple(differences)


def _skip_chains(bits: BitReader, targets: int, templates: int) -> None:
    """Whoever knows which frames went out needs no chains."""
    chains = bits.below(targets + 1)
    if not chains:
        return
    for _ in range(targets):
        bits.below(chains)
    for _ in range(templates * chains):
        bits.take(4)


def _target(
    target: int, layers: list[tuple[int, int]], indications: tuple[tuple[int, ...], ...]
) -> tuple[int, int]:
    present = [
        layer
        for layer, of_targets in zip(layers, indications, strict=True)
        if of_targets[target] != NOT_PRESENT
    ]
    return (
        max((spatial for spatial, _ in present), default=0),
        max((temporal for _, temporal in present), default=0),
    )
