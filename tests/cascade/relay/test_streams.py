"""Laws of cascade.relay.streams."""

import msgspec
import pytest

from cascade.relay.streams import MAX_STREAMS, published_tracks, sent_tracks, streams_of
from levelchat.media.codec import Codec
from levelchat.media.stage import Layer, Publication, PublishedTrack
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.offering import SentTrack
from levelchat.rtc.pulling import PulledTrack

H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
TRACKS = (
    PublishedTrack(Codec.H264, (Layer(1, "l"), Layer(2, "m"), Layer(3, "h")), H264),
    PublishedTrack(Codec.OPUS, (Layer(4),), "usedtx=1"),
    PublishedTrack(Codec.AV1, (Layer(5),), dependency_descriptor=True),
    PublishedTrack(Codec.OPUS, (Layer(6),), red=True),
)


def _publication(tracks: tuple[PublishedTrack, ...]) -> Publication:
    return Publication("r_demo", "s_1", "ann", "Ann", tracks, print)


def _as_pulled(place: int, sent: SentTrack) -> PulledTrack:
    offered = sent.formats[0]
    return PulledTrack(
        index=place,
        mid=sent.mid,
        codec=offered.codec,
        payload_type=offered.payload_type,
        rtx_payload_type=offered.rtx_payload_type,
        ssrc=sent.ssrc,
        rtx_ssrc=sent.rtx_ssrc,
        stream=sent.stream,
        track=sent.track,
        fmtp=offered.fmtp,
        extensions=sent.extensions,
    )


def test_a_publication_comes_out_below_as_it_was() -> None:
    """Tracks, codecs, parameters, layers in their order, and whether packets describe their
    dependencies; only the sources are others.
    """
    publication = _publication(TRACKS)
    streams = streams_of(publication)
    sent = sent_tracks(publication, streams, "cname")
    pulled = [_as_pulled(place, item) for place, item in enumerate(sent)]
    assert published_tracks(pulled, dict(enumerate([1, 2, 3, 4, 5, 6]))) == TRACKS
    assert {item.stream for item in pulled} == {"s_1"}


def test_numbers_of_a_feed_are_distinct() -> None:
    """No two streams or retransmissions have one SSRC; sound has no retransmissions."""
    publication = _publication(TRACKS)
    sent = sent_tracks(publication, streams_of(publication), "cname")
    numbers = [number for item in sent for number in (item.ssrc, item.rtx_ssrc) if number]
    assert len(set(numbers)) == len(numbers) == 10
    assert [bool(item.rtx_ssrc) for item in sent] == [True, True, True, False, True, False]


def test_a_session_of_too_many_layers_is_refused() -> None:
    """A route takes only so many SSRCs."""
    many = (PublishedTrack(Codec.OPUS, (Layer(1),)),) * (MAX_STREAMS + 1)
    assert len(streams_of(_publication(many[1:]))) == MAX_STREAMS
    with pytest.raises(UnsupportedSdp, match="31"):
        streams_of(_publication(many))


@pytest.mark.parametrize("name", ["", "x", "0", "0.h.l", "100.h", "0.h h"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    """A node above names its tracks like `0.hi`, or it is none of ours."""
    pulled = PulledTrack(0, "0", Codec.VP8, 96, 0, 1, 0, "s_1", name, "", ExtensionIds())
    with pytest.raises(UnsupportedSdp, match="msid"):
        published_tracks([pulled], {0: 1})
    named = msgspec.structs.replace(pulled, track="0.h")
    assert published_tracks([named], {0: 1})[0].layers == (Layer(1, "h"),)
