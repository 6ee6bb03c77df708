"""Laws of the answer's text."""

import offers
import pytest
from aiortc.sdp import SessionDescription

from levelchat.media.codec import Codec
from levelchat.rtc.answer import Candidate, LocalSide, render, render_restart
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.sdp import Fingerprint, IceParameters, parse_fragment, parse_offer

LOCAL = LocalSide(
    ice=IceParameters("ours", "s" * 24),
    fingerprint=Fingerprint("sha-256", "CD"),
    candidates=(Candidate("203.0.113.7", 8443), Candidate("2001:db8::7", 8443)),
    session_id=7,
)


def answer(text: str, *preferred: Codec) -> str:
    offer = parse_offer(text)
    return render(offer, negotiate(offer, preferred), LOCAL)


@pytest.mark.parametrize("name", offers.ALL)
def test_a_foreign_parser_reads_every_answer(name: str) -> None:
    """In each answer aiortc finds what it offered: mids in order, one codec each, recvonly."""
    offered = parse_offer(offers.ALL[name])

    read = SessionDescription.parse(answer(offers.ALL[name]))

    assert [media.rtp.muxId for media in read.media] == [media.mid for media in offered.media]
    assert [media.kind for media in read.media] == [media.kind for media in offered.media]
    for media in read.media:
        assert media.direction == "recvonly"
        assert media.rtcp_mux
        assert media.ice.iceLite
        assert media.ice.usernameFragment == "ours"
        assert [item.ip for item in media.ice_candidates] == ["203.0.113.7", "2001:db8::7"]
        assert media.ice_candidates_complete
        assert len([item for item in media.rtp.codecs if item.name != "rtx"]) == 1


def test_what_is_not_taken_is_rejected_in_its_place() -> None:
    """Rejected m-lines have port 0, keep their mid and their place, and stay out of the bundle."""
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\n"
    lines = answer(offers.offer(data, offers.VIDEO, bundle="d v")).split("\r\n")

    assert "a=group:BUNDLE v" in lines
    assert lines[lines.index("m=application 0 UDP/DTLS/SCTP webrtc-datachannel") + 2] == "a=mid:d"
    assert "m=video 9 UDP/TLS/RTP/SAVPF 96 97" in lines


def test_simulcast_that_cannot_be_told_apart_is_answered_without() -> None:
    """A publisher that offers layers is told of none, and then sends one."""
    video = offers.VIDEO + "a=rid:h send\na=rid:l send\na=simulcast:send h;l\n"
    text = answer(offers.offer(video))

    assert "a=rid" not in text
    assert "simulcast" not in text


@pytest.mark.parametrize(
    ("text", "names"),
    [(offers.CHROMIUM_SIMULCAST, "l;m;h"), (offers.FIREFOX_SIMULCAST, "f;h;q")],
)
def test_simulcast_is_answered_layer_by_layer(text: str, names: str) -> None:
    """RFC 8853: each accepted layer has its a=rid, in the offer's order, and its extensions."""
    lines = answer(text).split("\r\n")

    written = [line for line in lines if line.startswith("a=rid:")]
    assert written == [f"a=rid:{name} recv" for name in names.split(";")]
    assert f"a=simulcast:recv {names}" in lines
    assert len([line for line in lines if "rtp-stream-id" in line]) == 2


def test_restrictions_of_a_layer_are_repeated() -> None:
    """But for its payload types, of which one is left anyway."""
    video = offers.VIDEO + (
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
        "a=rid:l send pt=96;max-width=320;depend\na=simulcast:send ~l\n"
    )
    text = answer(offers.offer(video))

    assert "a=rid:l recv max-width=320;depend\r\na=simulcast:recv l\r\n" in text


def test_redundant_audio_comes_first() -> None:
    """A sender uses the first format of the answer."""
    offered = parse_offer(offers.CHROMIUM)
    text = render(offered, negotiate(offered, red=True), LOCAL)

    assert "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n" in text
    assert "a=fmtp:63 111/111\r\n" in text
    assert " red/" not in answer(offers.CHROMIUM)


def test_feedback_is_what_both_sides_know() -> None:
    """transport-cc is left out, the rest is kept."""
    text = answer(offers.CHROMIUM, Codec.AV1)

    kept = [line for line in text.split("\r\n") if line.startswith("a=rtcp-fb:45 ")]
    assert kept == [
        f"a=rtcp-fb:45 {item}" for item in ("nack", "nack pli", "ccm fir", "goog-remb")
    ]
    assert "transport-cc" not in text


@pytest.mark.parametrize(
    ("name", "codec", "line"),
    [
        (
            "gstreamer",
            Codec.H264,
            "a=fmtp:96 packetization-mode=1;profile-level-id=42c01f",
        ),
        ("chromium", Codec.VP9, "a=fmtp:98 profile-id=0"),
        ("chromium", Codec.AV1, "a=fmtp:45 level-idx=5;profile=0;tier=0"),
        ("firefox", Codec.VP8, "a=fmtp:124 apt=120"),
    ],
)
def test_only_the_configuration_is_mirrored(name: str, codec: Codec, line: str) -> None:
    """What merely describes or limits the offerer's own side is not repeated to it."""
    lines = answer(offers.ALL[name], codec).split("\r\n")

    assert line in lines
    assert not [item for item in lines if "sprop-parameter" in item or "max-fs" in item]


def test_an_extension_that_only_sends_is_received() -> None:
    """RFC 8285: `sendonly` is answered `recvonly`."""
    text = answer(
        offers.offer(offers.AUDIO + "a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\n")
    )

    assert "a=extmap:3/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n" in text


def test_a_restart_is_a_fragment() -> None:
    """The answer to an ICE restart reads back as credentials."""
    ice = IceParameters("fresh", "z" * 30)

    assert parse_fragment(render_restart(ice)).ice == ice
    assert "a=ice-lite\r\n" in render_restart(ice)
