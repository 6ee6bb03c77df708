"""What a subscriber wishes for one of its slots.

Comes in: the body of a request to the layer resource (draft-ietf-wish-whep, layer extension), with
two members of ours: the size that a picture is shown at, and whether it is to be sent at all.
Goes out: a `Wish`, or an error that names what is wrong. Pure.
"""

import msgspec

from cascade.errors import MalformedWish

MAX_SIDE = 16_384
"""Pixels; the longest that a decoder takes."""


class Wish(msgspec.Struct, frozen=True, rename="camel"):
    """The newest for a slot replaces the former; what it leaves out is the server's choice."""

    media_id: str
    """The slot's mid."""
    encoding_id: str = ""
    """RID of a simulcast layer."""
    spatial_layer_id: int | None = None
    temporal_layer_id: int | None = None
    max_spatial_layer_id: int | None = None
    max_temporal_layer_id: int | None = None
    max_width: int = 0
    """Pixels that the picture is shown at; 0: not said."""
    max_height: int = 0
    paused: bool = False
    """Nothing is to be sent."""

    def __post_init__(self) -> None:
        layers = (
            self.spatial_layer_id,
            self.temporal_layer_id,
            self.max_spatial_layer_id,
            self.max_temporal_layer_id,
        )
        if any(number is not None and not 0 <= number < 8 for number in layers):  # noqa: PLR2004
            raise ValueError("numbers of layers are 0 to 7")
        if not all(0 <= side <= MAX_SIDE for side in (self.max_width, self.max_height)):
            raise ValueError(f"maxWidth and maxHeight are 0 to {MAX_SIDE}")

    @property
    def spatial(self) -> int | None:
        """The highest spatial layer that is wanted."""
        return (
            self.max_spatial_layer_id if self.spatial_layer_id is None else self.spatial_layer_id
        )

    @property
    def temporal(self) -> int | None:
        """The highest temporal layer that is wanted."""
        if self.temporal_layer_id is None:
            return self.max_temporal_layer_id
        return self.temporal_layer_id


_decoder = msgspec.json.Decoder(Wish)


def parse(body: bytes) -> Wish:
    """The wish that *body* is; raises `MalformedWish`."""
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedWish(
            f'a wish is JSON like {{"mediaId": "0", "encodingId": "h"}}: {error}'
        ) from error
