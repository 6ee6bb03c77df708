"""A publication as m-lines between two nodes, and back.

Comes in: a publication, or the tracks that a node above offers. Goes out: one stream for each
layer of each track, named by its msid, or the tracks and layers that these names mean. Pure.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.offering import EXTENSIONS, SentTrack, feed_formats
from levelchat.rtc.pulling import PulledTrack
from levelchat.rtc.ssrc import distinct

MAX_STREAMS = 31
"""Of one session: with their retransmissions as many SSRCs as a route takes (64)."""

RED = "red"
"""In the place of a layer: redundant audio, which goes between nodes as the codec it is made of,
since nobody here looks into it. Browsers do not encode sound in layers."""

_NAME = re.compile(r"([0-9]{1,2})\.([A-Za-z0-9_-]{0,32})", re.ASCII)


class Stream(msgspec.Struct, frozen=True):
    """One layer of one track."""

    source: int
    codec: Codec
    fmtp: str
    track: int
    """Place of its track in the publication."""
    rid: str
    dependency_descriptor: bool

    @property
    def name(self) -> str:
        """The track's part of its msid."""
        return f"{self.track}.{self.rid}"

    @property
    def shape(self) -> tuple[Codec, str, str, bool]:
        """What is settled when a feed begins."""
        return self.codec, self.fmtp, self.name, self.dependency_descriptor


def streams_of(publication: Publication) -> tuple[Stream, ...]:
    """Every layer of every track, the lowest layer of each first."""
    streams = tuple(
        Stream(
            source=layer.source,
            codec=track.codec,
            fmtp=track.fmtp,
            track=place,
            rid=RED if track.red else layer.rid,
            dependency_descriptor=track.dependency_descriptor,
        )
        for place, track in enumerate(publication.tracks)
        for layer in track.layers
    )
    if len(streams) > MAX_STREAMS:
        raise UnsupportedSdp(f"nodes hand on {MAX_STREAMS} layers of a session at most")
    return streams


def sent_tracks(
    publication: Publication, streams: Sequence[Stream], cname: str
) -> tuple[SentTrack, ...]:
    """The m-lines that offer *streams*."""
    formats = feed_formats((stream.codec, stream.fmtp) for stream in streams)
    numbers = distinct(2 * len(streams))
    return tuple(
        SentTrack(
            mid=str(place),
            kind=stream.codec.kind,
            formats=(offered,),
            ssrc=numbers.pop(),
            rtx_ssrc=numbers.pop() if stream.codec.kind is Kind.VIDEO else 0,
            stream=publication.session,
            track=stream.name,
            cname=cname,
            extensions=_extensions(stream),
        )
        for place, (stream, offered) in enumerate(zip(streams, formats, strict=True))
    )


def published_tracks(
    pulled: Sequence[PulledTrack], sources: Mapping[int, int]
) -> tuple[PublishedTrack, ...]:
    """The tracks that *pulled* are the layers of; *sources* by place in *pulled*."""
    layers: dict[int, list[tuple[PulledTrack, Layer]]] = {}
    for place, item in enumerate(pulled):
        found = _NAME.fullmatch(item.track)
        if found is None:
            raise UnsupportedSdp(f"a node's msid names its track like 0.hi, not {item.track[:40]}")
        layer = Layer(sources[place], "" if _is_red(item, found[2]) else found[2])
        layers.setdefault(int(found[1]), []).append((item, layer))
    return tuple(
        PublishedTrack(
            codec=members[0][0].codec,
            layers=tuple(layer for _, layer in members),
            fmtp=members[0][0].fmtp,
            dependency_descriptor=bool(members[0][0].extensions.dependency),
            red=_is_red(members[0][0], members[0][0].track.partition(".")[2]),
        )
        for _, members in sorted(layers.items())
    )


def _is_red(item: PulledTrack, name: str) -> bool:
    return item.codec.kind is Kind.AUDIO and name == RED


def _extensions(stream: Stream) -> ExtensionIds:
    offered = EXTENSIONS[stream.codec.kind]
    if stream.dependency_descriptor:
        return offered
    return msgspec.structs.replace(offered, dependency=0)
