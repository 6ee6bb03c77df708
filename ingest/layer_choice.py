"""Which simulcast layer of a programme is packaged: the best one that flows.

Comes in: frames of every layer with their time. Goes out: whether a frame is packaged, and of
which layer a key frame is needed to go over to it. Pure.
"""

from levelchat.media.time import NANOSECOND

SILENT_NS = 1 * NANOSECOND
"""A layer without a frame for so long was dropped by its encoder, for want of bandwidth."""


class LayerChoice:
    """One track's; layers have numbers, from the lowest."""

    def __init__(self, layers: int) -> None:
        self._heard_ns = [0] * layers
        self._current = -1
        """None yet."""

    def passes(self, layer: int, now_ns: int, *, key: bool) -> bool:
        """Whether a frame of *layer* is packaged. Goes over at a key frame only."""
        self._heard_ns[layer] = now_ns
        if layer == self._current:
            return True
        if key and self._target(now_ns) == layer:
            self._current = layer
            return True
        return False

    def needs(self, layer: int) -> bool:
        """A key frame of *layer* helps whoever decodes what is packaged."""
        return self._current in (-1, layer)

    def wanted(self, now_ns: int) -> int | None:
        """The layer of which a key frame is waited for."""
        target = self._target(now_ns)
        return target if target not in (-1, self._current) else None

    def _target(self, now_ns: int) -> int:
        flowing = [
            layer
            for layer, heard_ns in enumerate(self._heard_ns)
            if heard_ns and now_ns - heard_ns <= SILENT_NS
        ]
        return max(flowing, default=self._current)
