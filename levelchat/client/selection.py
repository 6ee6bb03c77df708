"""Which media playlists of a broadcast are played.

Comes in: the multivariant playlist, and a rendition's name. Goes out: URLs. Pure.
"""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import msgspec

from levelchat.client.errors import NotPlayable
from levelchat.client.rules import multivariant
from levelchat.client.rules.reading import Listing, absolute


class Selection(msgspec.Struct, frozen=True):
    """The media playlists to play, the picture's first."""

    playing: dict[str, str]
    """Name to URL."""
    offered: tuple[str, ...]
    """Names of all."""


def name(url: str) -> str:
    """`http://host/live/r_demo/v720.m3u8` is `v720`."""
    return PurePosixPath(urlsplit(url).path).stem


def select(listing: Listing, rendition: str | None) -> Selection:
    """The variant whose playlist is called *rendition* (else the first) and its audio."""
    if not listing.has("EXTM3U"):
        raise NotPlayable(f"{listing.url} is no playlist")
    variants = multivariant.variants(listing)
    if not variants:
        # A media playlist by itself
        return Selection({name(listing.url): listing.url}, (name(listing.url),))
    names = [name(variant.url) for variant in variants]
    if rendition is not None and rendition not in names:
        raise NotPlayable(f"there is no rendition {rendition!r}; there are: {', '.join(names)}")
    chosen = variants[names.index(rendition)] if rendition is not None else variants[0]
    playing = {name(chosen.url): chosen.url}
    for url in _audio(listing, chosen.attributes.get("AUDIO")):
        playing.setdefault(name(url), url)
        break
    offered = sorted({name(url) for url in multivariant.media_playlists(listing)})
    return Selection(playing, tuple(offered))


def _audio(listing: Listing, group: str | None) -> list[str]:
    """Of *group*, the default rendition first."""
    media = [tag.attributes for tag in listing.all("EXT-X-MEDIA")]
    members = [m for m in media if m.get("TYPE") == "AUDIO" and m.get("GROUP-ID") == group]
    members.sort(key=lambda m: m.get("DEFAULT") != "YES")
    return [absolute(listing.url, m["URI"]) for m in members if "URI" in m]
