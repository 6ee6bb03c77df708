"""The states that a subscriber is told of by events: who is in which slot, with which layers.

Comes in: the contents of its slots. Goes out: values for JSON. Pure.
"""

from collections.abc import Iterable
from typing import Any

from cascade.layers import ALL
from cascade.seating import Content
from levelchat.media.codec import Kind


def tracks(contents: Iterable[Content]) -> list[dict[str, Any]]:
    """Who is in which slot."""
    return [
        {
            "mid": content.slot.mid,
            "kind": content.track.kind.value,
            "session": content.publication.session,
            "identity": content.publication.identity,
            "name": content.publication.name,
            "codec": content.track.codec.value,
            "layers": [layer.rid for layer in content.track.layers if layer.rid],
            "layer": content.option.rid if content.option else "",
            "paused": content.option is None,
        }
        for content in contents
    ]


def layers(contents: Iterable[Content]) -> dict[str, Any]:
    """By mid, the layers that a picture has and the one that is sent, as WHEP names them."""
    return {
        content.slot.mid: {
            "active": [_layer(content)] if content.option else [],
            "layers": [{"encodingId": layer.rid} for layer in content.track.layers if layer.rid],
        }
        for content in contents
        if content.track.kind is Kind.VIDEO
    }


def _layer(content: Content) -> dict[str, Any]:
    option = content.option
    if option is None:
        return {}
    named: dict[str, Any] = {"encodingId": option.rid} if option.rid else {}
    if option.spatial != ALL:
        named["spatialLayerId"] = option.spatial
    if option.temporal != ALL:
        named["temporalLayerId"] = option.temporal
    return named
