"""Rules on the multivariant playlist.

Comes in: its reading. Goes out: findings, and the URLs of all media playlists it names.
"""

import re
from collections.abc import Iterator

import msgspec

from levelchat.client.rules.finding import Finding
from levelchat.client.rules.playlist import text
from levelchat.client.rules.reading import Listing, Tag, absolute, integer

_MEDIA_TAGS = (
    "EXTINF",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-ENDLIST",
)

_CODEC = re.compile(
    r"avc[13]\.[0-9A-Fa-f]{6}|av01\.\d\.\d\d[MH]\.\d\d.*|vp09\..+|mp4a\.40\.\d+|[oO]pus|fLaC"
)

_VIDEO = ("avc", "av01", "vp09")

MAX_VERSION = 6
"""§8: what the media playlists' EXT-X-MAP needs; §4.4.1.2 lets a playlist speak for the media
that goes with it."""


class Variant(msgspec.Struct, frozen=True):
    """One EXT-X-STREAM-INF with its URL."""

    url: str
    bandwidth: int
    attributes: dict[str, str]


def variants(listing: Listing) -> list[Variant]:
    """In the order of the playlist."""
    tags = listing.all("EXT-X-STREAM-INF")
    return [
        Variant(url, integer(tag.attributes.get("BANDWIDTH")) or 0, tag.attributes)
        for tag, url in zip(tags, listing.uris, strict=False)
    ]


def media_playlists(listing: Listing) -> set[str]:
    """The absolute URL of every media playlist."""
    audio = {
        absolute(listing.url, tag.attributes["URI"])
        for tag in listing.all("EXT-X-MEDIA")
        if "URI" in tag.attributes
    }
    return audio | {variant.url for variant in variants(listing)}


def check(listing: Listing) -> Iterator[Finding]:
    """Everything that can be said of the multivariant playlist alone."""
    yield from text(listing.text)
    for name in _MEDIA_TAGS:
        # §4.4.3: "MUST NOT appear in a Multivariant Playlist"
        if listing.has(name):
            yield Finding("A1.4", "a multivariant playlist has tags of a media playlist", name)
    if len(listing.all("EXT-X-VERSION")) > 1:
        yield Finding("A1.4", "EXT-X-VERSION is there more than once", "")
    if (listing.integer("EXT-X-VERSION") or 1) > MAX_VERSION:
        version = listing.integer("EXT-X-VERSION")
        yield Finding("A1.3b", "EXT-X-VERSION is higher than needed", f"{version}")
    if not listing.all("EXT-X-STREAM-INF"):
        yield Finding("A10", "there is no EXT-X-STREAM-INF", "")
    groups = _groups(listing)
    for variant in variants(listing):
        yield from _variant(variant.attributes, groups)
    yield from _renditions(listing.all("EXT-X-MEDIA"))


def _variant(attributes: dict[str, str], groups: set[tuple[str, str]]) -> Iterator[Finding]:
    seen = str(attributes)
    codecs = [codec.strip() for codec in attributes.get("CODECS", "").split(",")]
    needed = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"]
    if any(codec.startswith(_VIDEO) for codec in codecs):
        # Authoring specification 9.2, 9.15: MUST for video
        needed += ["RESOLUTION", "FRAME-RATE"]
    for name in needed:
        if name not in attributes:
            yield Finding("A10", f"a variant has no {name}", seen)
    for codec in codecs:
        if codec and not _CODEC.fullmatch(codec):
            yield Finding("A10", "CODECS has an unknown string", codec)
    yield from _values(attributes, groups)


def _values(attributes: dict[str, str], groups: set[tuple[str, str]]) -> Iterator[Finding]:
    seen = str(attributes)
    if not re.fullmatch(r"\d+\.\d{3}", attributes.get("FRAME-RATE", "0.000")):
        yield Finding("A10", "FRAME-RATE has not three decimals", attributes["FRAME-RATE"])
    average = integer(attributes.get("AVERAGE-BANDWIDTH")) or 0
    if average > (integer(attributes.get("BANDWIDTH")) or 0):
        yield Finding("A10", "AVERAGE-BANDWIDTH exceeds BANDWIDTH", seen)
    # §4.4.6.2: "MUST match the value of the GROUP-ID attribute of an EXT-X-MEDIA tag"
    if "AUDIO" in attributes and ("AUDIO", attributes["AUDIO"]) not in groups:
        yield Finding("A10", "a variant names an AUDIO group that is not there", seen)


def _renditions(tags: list[Tag]) -> Iterator[Finding]:
    names: set[tuple[str, str, str]] = set()
    for tag in tags:
        media = tag.attributes
        for name in ("TYPE", "GROUP-ID", "NAME"):
            if name not in media:
                yield Finding("A10", f"EXT-X-MEDIA has no {name}", tag.line)
        # Authoring specification 8.10: LANGUAGE; §4.4.6.1: CHANNELS SHOULD be there for audio
        for name in ("LANGUAGE", "CHANNELS"):
            if media.get("TYPE") == "AUDIO" and name not in media:
                yield Finding("A10", f"an AUDIO rendition has no {name}", tag.line)
        key = (media.get("TYPE", ""), media.get("GROUP-ID", ""), media.get("NAME", ""))
        # §4.4.6.1.1: "MUST have different NAME attributes"
        if key in names:
            yield Finding("A10", "two renditions of a group have one NAME", tag.line)
        names.add(key)


def _groups(listing: Listing) -> set[tuple[str, str]]:
    tags = (tag.attributes for tag in listing.all("EXT-X-MEDIA"))
    return {(media.get("TYPE", ""), media.get("GROUP-ID", "")) for media in tags}
