"""The simulcast layers that an m-line offers (RFC 8851, RFC 8853).

Comes in: the attributes of the m-line. Goes out: its layers, in the order of `a=simulcast`. Which
of them is better than another is `levelchat.rtc.simulcast`'s to say.
"""

import re
from collections.abc import Iterator

import msgspec

from levelchat.rtc.sdp_lines import Attributes

_NAME = re.compile(r"[A-Za-z0-9_-]{1,16}")
"""The rid-id of RFC 8851; 16 bytes are what the one-byte form carries (RFC 8285 §4.2)."""


class Rid(msgspec.Struct, frozen=True):
    """One layer that its sender offers."""

    name: str
    payload_types: tuple[int, ...] = ()
    """That it may use; empty: all of the m-line."""
    restrictions: tuple[tuple[str, str], ...] = ()
    """As offered: `("max-width", "640")`."""
    paused: bool = False
    """The sender begins without it."""

    def limit(self, name: str) -> int:
        """The restriction as a number; 0 if it has none."""
        text = dict(self.restrictions).get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - fits in 32 bits


def sent_layers(attributes: Attributes) -> tuple[Rid, ...]:
    """What `a=simulcast:send` lists, each with its `a=rid`. Empty: no simulcast."""
    known = {rid.name: rid for rid in map(_rid, attributes.get("rid", ())) if rid}
    layers: dict[str, Rid] = {}
    for wanted in _listed(attributes):
        # RFC 8853 §5.1: alternatives of one layer, of which one is sent, in order of preference.
        for name in wanted:
            rid = known.get(name.removeprefix("~"))
            if rid is not None:
                paused = name.startswith("~")
                layers.setdefault(rid.name, msgspec.structs.replace(rid, paused=paused))
                break
    return tuple(layers.values())


def _listed(attributes: Attributes) -> Iterator[list[str]]:
    """The alternatives of each layer that the offerer sends."""
    # RFC 8853 §5.1: one line at most; `send` and `recv` in any order, each once.
    words = attributes.get("simulcast", [""])[0].split()
    for direction, names in zip(words[::2], words[1::2], strict=False):
        if direction == "send":
            yield from (layer.split(",") for layer in names.split(";"))
            return


def _rid(value: str) -> Rid | None:
    """None: RFC 8851 §6 has the answerer discard an "a=rid" line that it does not understand."""
    name, _, rest = value.partition(" ")
    direction, _, parameters = rest.partition(" ")
    if direction != "send" or not _NAME.fullmatch(name):
        return None
    pairs = [item.strip().partition("=") for item in parameters.split(";") if item.strip()]
    numbers = next((text.split(",") for key, _, text in pairs if key == "pt"), [])
    if not all(text.isascii() and text.isdigit() and len(text) <= 3 for text in numbers):  # noqa: PLR2004 - up to 127
        return None
    return Rid(
        name=name,
        payload_types=tuple(int(text) for text in numbers),
        restrictions=tuple((key, text) for key, _, text in pairs if key != "pt"),
    )
