"""Laws of what a subscriber can be sent."""

import contextlib

import msgspec
import offers
import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from levelchat.errors import PeerError
from levelchat.media.codec import Codec, Kind
from levelchat.rtc.errors import MalformedSdp, UnsupportedCodec, UnsupportedSdp
from levelchat.rtc.forward.seams import ExtensionIds, OutletConfig
from levelchat.rtc.header_extensions import CAPTURE_TIME_URI, DEPENDENCY_URI
from levelchat.rtc.sdp import Fingerprint, IceParameters, parse_answer, parse_offer
from levelchat.rtc.sdp_writing import Candidate, LocalSide
from levelchat.rtc.subscribe import (
    Outgoing,
    Slot,
    SlotFormat,
    Subscription,
    render_subscription,
    subscribe,
)

LOCAL = LocalSide(
    ice=IceParameters("ours", "s" * 24),
    fingerprint=Fingerprint("sha-256", "CD"),
    candidates=(Candidate("203.0.113.7", 8443), Candidate("203.0.113.7", 8443, "tcp")),
    session_id=7,
)
AUDIO, VIDEO = (text.replace("sendonly", "recvonly") for text in (offers.AUDIO, offers.VIDEO))
H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}"


def decide(text: str) -> Subscription:
    return subscribe(parse_offer(text))


def slot(text: str) -> Slot:
    (found,) = decide(text).slots
    return found


def outgoing(subscription: Subscription) -> dict[int, Outgoing]:
    return {
        item.index: Outgoing(100 + item.index, 200 + item.index, "node", "stage", item.mid)
        for item in subscription.slots
    }


def answer(text: str) -> str:
    decided = decide(text)
    return render_subscription(parse_offer(text), decided, outgoing(decided), LOCAL)


@pytest.mark.parametrize("name", offers.RECEIVING)
def test_every_m_line_of_a_browser_is_a_slot(name: str) -> None:
    """One or eight of each kind: each can take Opus, or VP8 and H.264, in any order and time."""
    offered = parse_offer(offers.RECEIVING[name])

    decided = subscribe(offered)

    assert [item.mid for item in decided.slots] == [media.mid for media in offered.media]
    assert decided.setup == "passive"
    for item in decided.slots:
        if item.kind is Kind.AUDIO:
            assert item.format_for(Codec.OPUS) is not None
        else:
            assert item.format_for(Codec.VP8) is not None
            assert item.format_for(Codec.H264, H264.format("42e01f")) is not None


@pytest.mark.parametrize("name", offers.RECEIVING)
def test_a_foreign_parser_reads_every_answer(name: str) -> None:
    """A reader that is not ours finds each m-line in its place, sending, with SSRCs, and no transport-cc."""
    offered = parse_offer(offers.RECEIVING[name])

    text = answer(offers.RECEIVING[name])

    read = SessionDescription.parse(text)
    assert [media.rtp.muxId for media in read.media] == [media.mid for media in offered.media]
    assert "transport-cc" not in text
    for index, media in enumerate(read.media):
        assert media.direction == "sendonly"
        assert media.dtls.role == "server"
        assert media.ice.iceLite
        assert media.ssrc[0].ssrc == 100 + index
        assert media.ssrc[0].cname == "node"
        assert [item.protocol for item in media.ice_candidates] == ["udp", "tcp"]
        offered_types = {int(item) for item in offered.media[index].format_names}
        assert {item.payloadType for item in media.rtp.codecs} <= offered_types


def test_our_own_parser_reads_the_streams() -> None:
    """Stream, repair and names, and the RTX stream only where RTX was agreed on."""
    audio, video = parse_answer(answer(offers.RECEIVING["chromium"])).media

    assert (audio.ssrc, audio.rtx_ssrc, audio.msid) == (100, None, "stage 0")
    assert (video.ssrc, video.rtx_ssrc, video.ssrcs) == (101, 201, (101, 201))


def test_feedback_is_what_both_sides_know() -> None:
    """Of each video format: NACK, PLI, FIR and REMB, which aiortc has without FIR."""
    _, chromium = decide(offers.RECEIVING["chromium"]).slots
    _, aiortc = decide(offers.RECEIVING["aiortc"]).slots

    assert chromium.formats[0].feedback == ("nack", "nack pli", "ccm fir", "goog-remb")
    assert aiortc.formats[0].feedback == ("nack", "nack pli", "goog-remb")
    assert chromium.remb
    assert aiortc.remb
    assert "a=rtcp-fb:96 ccm fir\r\n" in answer(offers.RECEIVING["chromium"])


def test_a_slot_goes_from_codec_to_codec() -> None:
    """Each codec of the m-line has its payload types, with RTX where it has one."""
    _, video = decide(offers.RECEIVING["chromium"]).slots

    assert video.format_for(Codec.VP8) == SlotFormat(96, 97)
    assert video.format_for(Codec.VP9, "profile-id=0") == SlotFormat(98, 99)
    assert video.format_for(Codec.AV1) == SlotFormat(45, 46)
    assert video.format_for(Codec.H264, H264.format("42e01f")) == SlotFormat(108, 109)
    assert video.format_for(Codec.H264, H264.format("42001e")) == SlotFormat(102, 103)
    assert video.format_for(Codec.OPUS) is None


def test_a_profile_that_cannot_be_decoded_has_no_format() -> None:
    """Of aiortc, which takes baseline only and neither VP9 nor AV1."""
    _, video = decide(offers.RECEIVING["aiortc"]).slots

    assert video.format_for(Codec.H264, H264.format("640c1f")) is None
    assert video.format_for(Codec.VP9) is None
    assert video.format_for(Codec.H264, H264.format("42e01f")) == SlotFormat(101, 102)


def test_high_profile_goes_to_who_decodes_more() -> None:
    """Chromium names 4:4:4 where it decodes high."""
    video = VIDEO.replace("VP8/90000", "H264/90000") + f"a=fmtp:96 {H264.format('f4001f')}\n"

    assert slot(offers.offer(video)).format_for(Codec.H264, H264.format("640c1f")) == (
        SlotFormat(96, 97)
    )


def test_an_outlet_is_configured_from_its_slot() -> None:
    """Clock, kind and extensions; no RTX stream without RTX."""
    plain = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\na=recvonly\na=rtcp-mux\n"
    plain += f"a=rtpmap:96 VP8/90000\na=extmap:5 {CAPTURE_TIME_URI}\n"

    assert slot(offers.offer(plain)).outlet_config(1, 2) == OutletConfig(
        ssrc=1, clock_rate=90_000, is_video=True, extensions=ExtensionIds(capture_time=5)
    )
    assert slot(offers.offer(AUDIO)).outlet_config(1, 0).clock_rate == 48_000
    assert slot(offers.offer(VIDEO)).outlet_config(1, 2).rtx_ssrc == 2


def test_extensions_are_accepted_when_they_can_be_sent() -> None:
    """Capture time and dependency descriptor under the peer's numbers; what it only sends not."""
    video = VIDEO + (
        f"a=extmap:5 {CAPTURE_TIME_URI}\na=extmap:9/recvonly {DEPENDENCY_URI}\n"
        "a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
        "a=extmap:13 urn:3gpp:video-orientation\n"
    )
    text = answer(offers.offer(video))

    assert slot(offers.offer(video)).extensions == ExtensionIds(capture_time=5, dependency=9)
    assert f"a=extmap:5 {CAPTURE_TIME_URI}\r\n" in text
    assert f"a=extmap:9/sendonly {DEPENDENCY_URI}\r\n" in text
    assert "a=extmap:4" not in text
    assert "a=extmap:13" not in text


def test_opus_parameters_of_the_receiver_are_agreed_to() -> None:
    """DTX, FEC and stereo are repeated; limits of its own are not."""
    audio = AUDIO + "a=fmtp:111 minptime=10;usedtx=1;stereo=1;maxaveragebitrate=9;useinbandfec=1\n"

    line = next(
        line for line in answer(offers.offer(audio)).split("\r\n") if line.startswith("a=fmtp")
    )

    assert line == "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;usedtx=1;sprop-stereo=1"


def test_redundant_audio_needs_a_peer_that_takes_it() -> None:
    """RED has its own payload type where it is offered, and no format elsewhere."""
    chromium, _ = decide(offers.RECEIVING["chromium"]).slots
    firefox, _ = decide(offers.RECEIVING["firefox"]).slots

    assert chromium.format_for(Codec.OPUS) == SlotFormat(111)
    assert chromium.format_for(Codec.OPUS, red=True) == SlotFormat(63)
    assert firefox.format_for(Codec.OPUS, red=True) is None
    text = answer(offers.RECEIVING["chromium"])
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n" in text
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in text


def test_an_m_line_that_sends_or_cannot_be_served_is_rejected_in_its_place() -> None:
    """Beside slots that can be filled; sendrecv is answered by sending only."""
    useless = VIDEO.replace("mid:v", "mid:w").replace("VP8", "H265").replace("96", "45")
    both = VIDEO.replace("recvonly", "sendrecv")
    text = answer(offers.offer(offers.AUDIO, useless, both, bundle="a w v"))

    audio, first, second = parse_answer(text).media
    assert (audio.rejected, first.rejected, second.rejected) == (True, True, False)
    assert second.direction == "sendonly"
    assert "a=group:BUNDLE v\r\n" in text


def test_a_slot_that_is_not_filled_is_rejected() -> None:
    """The caller says which slots it will use."""
    offered = parse_offer(offers.RECEIVING["chromium"])
    decided = subscribe(offered)
    only_video = {1: outgoing(decided)[1]}

    answered = parse_answer(render_subscription(offered, decided, only_video, LOCAL))

    assert [media.rejected for media in answered.media] == [True, False]
    assert answered.bundle == ("1",)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (offers.offer(offers.VIDEO), UnsupportedSdp, "recvonly"),
        (offers.offer("m=application 9 UDP/DTLS/SCTP x\n"), UnsupportedSdp, "recvonly"),
        (offers.offer(AUDIO, VIDEO.replace("VP8", "H265")), UnsupportedCodec, "h265"),
        (offers.offer(AUDIO.replace("opus/48000/2", "PCMU/8000")), UnsupportedCodec, "pcmu"),
        (offers.offer(AUDIO, VIDEO, bundle="a"), UnsupportedSdp, "BUNDLE"),
        (offers.offer(VIDEO.replace("a=rtcp-mux\n", "")), UnsupportedSdp, "rtcp-mux"),
        (offers.offer(VIDEO.replace("a=mid:v\n", "")), UnsupportedSdp, "a=mid"),
        (offers.offer(AUDIO, VIDEO.replace("96", "111")), UnsupportedSdp, "payload type"),
        (offers.offer(VIDEO, setup="x"), UnsupportedSdp, "setup"),
    ],
)
def test_what_cannot_be_served_is_named(text: str, error: type[PeerError], says: str) -> None:
    """A refusal says what to offer instead."""
    with pytest.raises(error, match=says):
        decide(text)


def test_a_subscription_is_a_value() -> None:
    """The same offer decides the same."""
    once, again = (decide(offers.RECEIVING["firefox, eight of each"]) for _ in range(2))

    assert once == again
    assert msgspec.structs.replace(once, setup="active") != once


@given(st.lists(st.integers(0, len(offers.AIORTC_RECEIVING) - 1), max_size=3), st.text(max_size=3))
def test_a_damaged_offer_is_answered_or_refused(places: list[int], inserted: str) -> None:
    """Never another error than those with a status."""
    text = offers.AIORTC_RECEIVING
    for place in places:
        text = text[:place] + inserted + text[place + 1 :]

    with contextlib.suppress(MalformedSdp, UnsupportedSdp, UnsupportedCodec):
        answer(text)
