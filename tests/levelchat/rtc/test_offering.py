"""Laws of our own offers."""

import contextlib
from collections.abc import Sequence

import offers
import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.codec import Codec, Kind
from levelchat.rtc.errors import MalformedSdp, UnsupportedCodec, UnsupportedSdp
from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.offering import (
    BROWSER_FORMATS,
    EXTENSIONS,
    AnsweredTrack,
    SentTrack,
    feed_formats,
    read_answer,
    render_offer,
)
from levelchat.rtc.sdp import Fingerprint, IceParameters, parse_answer, parse_offer
from levelchat.rtc.sdp_writing import Candidate, LocalSide
from levelchat.rtc.subscribe import SlotFormat

LOCAL = LocalSide(
    ice=IceParameters("ours", "s" * 24),
    fingerprint=Fingerprint("sha-256", offers.FINGERPRINT),
    candidates=(Candidate("203.0.113.7", 8443),),
    session_id=7,
)


def track(mid: str, kind: Kind) -> SentTrack:
    return SentTrack(
        mid=mid,
        kind=kind,
        formats=BROWSER_FORMATS[kind],
        ssrc=100 + int(mid),
        rtx_ssrc=200 + int(mid) if kind is Kind.VIDEO else 0,
        stream="stage",
        track=mid,
        extensions=EXTENSIONS[kind],
    )


TRACKS = (track("0", Kind.AUDIO), track("1", Kind.VIDEO))


def read(text: str, tracks: Sequence[SentTrack] = TRACKS) -> tuple[AnsweredTrack, ...]:
    return read_answer(parse_answer(text), tracks)


def test_a_foreign_parser_reads_our_offer() -> None:
    """A reader that is not ours finds all tracks in one bundle, sending, with their streams and formats."""
    described = SessionDescription.parse(render_offer(TRACKS, LOCAL))

    assert [media.rtp.muxId for media in described.media] == ["0", "1"]
    assert [media.direction for media in described.media] == ["sendonly", "sendonly"]
    assert [item.ssrc for item in described.media[1].ssrc] == [101, 201]
    assert described.media[1].ssrc_group[0].items == [101, 201]
    assert {media.dtls.role for media in described.media} == {"auto"}
    assert described.group[0].items == ["0", "1"]


def test_our_offer_is_one_that_we_would_read() -> None:
    """Formats, feedback, names and extensions come back as they were given."""
    audio, video = parse_offer(render_offer(TRACKS, LOCAL)).media

    assert {item.name for item in video.formats} == {"vp8", "vp9", "h264", "av1", "rtx"}
    assert video.formats[0].feedback == ("nack", "nack pli", "ccm fir", "goog-remb")
    assert (video.msid, video.ssrc, video.rtx_ssrc) == ("stage 1", 101, 201)
    assert (audio.formats[0].channels, audio.rtcp_rsize) == (2, True)
    assert [item.identifier for item in audio.extensions] == [1, 2]


def test_chromiums_answer_is_understood() -> None:
    """What Chromium takes is a slot like one of its own offers."""
    audio, video = read(offers.CHROMIUM_ANSWER)

    assert audio.accepted
    assert audio.slot is not None
    assert audio.slot.format_for(Codec.OPUS) == SlotFormat(111)
    assert audio.slot.extensions == ExtensionIds(1, 2, 0)
    assert video.slot is not None
    assert video.slot.format_for(Codec.VP8) == SlotFormat(96, 97)
    assert video.slot.format_for(Codec.AV1) == SlotFormat(45, 46)
    assert video.slot.extensions == ExtensionIds(0, 2, 3)
    assert video.slot.remb
    assert [item.format.payload_type for item in video.formats] == [96, 102, 104, 98, 45]


def test_a_track_may_be_declined() -> None:
    """By port 0, or by inactive; but not all of them."""
    rejected = offers.CHROMIUM_ANSWER.replace("m=audio 9", "m=audio 0")
    audio, video = read(rejected)

    assert (audio.accepted, audio.formats, video.accepted) == (False, (), True)
    inactive = offers.CHROMIUM_ANSWER.replace("a=recvonly", "a=inactive")
    with pytest.raises(UnsupportedSdp, match="takes nothing"):
        read(inactive)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("a=mid:1", "a=mid:2", "in its order"),
        ("a=mid:1\n", "", "in its order"),
        ("a=recvonly", "a=sendrecv", "recvonly"),
        ("m=video 9", "m=audio 9", "not video"),
        ("a=rtcp-mux\n", "", "rtcp-mux"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "BUNDLE"),
        ("sha-256", "md5", "fingerprint"),
        ("111", "110", "no payload type"),
    ],
)
def test_an_answer_to_another_offer_is_refused(old: str, new: str, says: str) -> None:
    """M-lines, directions, payload types and transport are checked against what was offered."""
    with pytest.raises(UnsupportedSdp, match=says):
        read(offers.CHROMIUM_ANSWER.replace(old, new))


def test_an_answer_has_a_role() -> None:
    """An actpass is an offer's."""
    with pytest.raises(MalformedSdp, match="setup"):
        read(offers.CHROMIUM_ANSWER.replace("setup:active", "setup:actpass"))


def test_an_extension_or_repair_under_another_number_is_not_taken() -> None:
    """It was not offered so; the codec without it still is."""
    text = offers.CHROMIUM_ANSWER.replace("extmap:3 ", "extmap:7 ").replace(
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=video 9 UDP/TLS/RTP/SAVPF 96 47"
    )
    text = text.replace("a=rtpmap:97", "a=rtpmap:47").replace("a=fmtp:97", "a=fmtp:47")

    _, video = read(text)

    assert video.slot is not None
    assert video.slot.extensions.dependency == 0
    assert video.slot.format_for(Codec.VP8) == SlotFormat(96, 0)


def test_streams_of_one_format_share_payload_types() -> None:
    """Three layers of H.264 have one, Opus another, another profile a third, all distinct."""
    streams = [(Codec.OPUS, ""), *[(Codec.H264, "a=1")] * 3, (Codec.H264, "a=2")]
    audio, low, mid, high, other = feed_formats(streams)

    assert low == mid == high
    assert (audio.rtx_payload_type, low.fmtp, other.fmtp) == (0, "a=1", "a=2")
    numbers = [item.payload_type for item in (audio, low, other)]
    numbers += [item.rtx_payload_type for item in (low, other)]
    assert len(set(numbers)) == 5


def test_payload_types_end() -> None:
    """None collides with RTCP's numbers, and what does not fit is refused."""
    formats = feed_formats((Codec.VP9, str(number)) for number in range(30))
    numbers = {item.payload_type for item in formats} | {item.rtx_payload_type for item in formats}

    assert len(numbers) == 60
    assert not numbers & set(range(64, 96))
    with pytest.raises(UnsupportedSdp):
        feed_formats((Codec.VP9, str(number)) for number in range(31))


def test_a_track_without_a_repair_stream_offers_no_repair() -> None:
    """RTX needs an SSRC."""
    plain = SentTrack("0", Kind.VIDEO, feed_formats([(Codec.VP8, "")]), ssrc=5)

    assert "rtx" not in render_offer([plain], LOCAL)


@given(st.lists(st.integers(0, len(offers.CHROMIUM_ANSWER) - 1), max_size=3), st.text(max_size=3))
def test_a_damaged_answer_is_read_or_refused(places: list[int], inserted: str) -> None:
    """Never another error than those with a status."""
    text = offers.CHROMIUM_ANSWER
    for place in places:
        text = text[:place] + inserted + text[place + 1 :]

    with contextlib.suppress(MalformedSdp, UnsupportedSdp, UnsupportedCodec):
        read(text)
