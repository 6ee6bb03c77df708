"""Laws of reading SDP."""

import contextlib

import offers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.errors import MalformedSdp
from levelchat.rtc.sdp import (
    MAX_CANDIDATES,
    Fragment,
    IceParameters,
    RemoteCandidate,
    parse_answer,
    parse_fragment,
    parse_offer,
)


@pytest.mark.parametrize("name", offers.ALL)
def test_offers_of_known_programs_are_read(name: str) -> None:
    """Every program that people publish with is understood: one audio and one video that send."""
    offer = parse_offer(offers.ALL[name])

    assert sorted(media.kind for media in offer.media) == ["audio", "video"]
    assert all(media.sends and media.rtcp_mux for media in offer.media)
    assert {media.mid for media in offer.media} == set(offer.bundle)
    assert offer.fingerprints[0].algorithm == "sha-256"


def test_line_ends_do_not_matter() -> None:
    """CRLF, as the RFC has it, and bare LF, as some send it, read the same."""
    text = offers.CHROMIUM

    assert parse_offer(text.replace("\n", "\r\n")) == parse_offer(text)


def test_streams_are_known_by_their_ssrcs() -> None:
    """The media stream and its retransmissions come from ssrc-group:FID."""
    audio, video = parse_offer(offers.CHROMIUM).media

    assert (audio.ssrc, audio.rtx_ssrc) == (3028469065, None)
    assert (video.ssrc, video.rtx_ssrc) == (3442861270, 1066396236)


def test_session_lines_hold_for_every_m_line() -> None:
    """OBS puts credentials and fingerprint on the session, and they are found there."""
    offer = parse_offer(offers.OBS)

    assert offer.ice == IceParameters("KUXP", "SStZzOsVtnXIMWNkjSMFg1")
    assert offer.fingerprints[0].value == offers.FINGERPRINT


def test_port_0_is_a_rejection_except_in_a_bundle() -> None:
    """Firefox and GStreamer offer bundle-only m-lines with port 0, which are meant."""
    rejected = offers.offer(offers.AUDIO, offers.VIDEO.replace("video 9", "video 0"))

    assert [media.sends for media in parse_offer(offers.FIREFOX).media] == [True, True]
    assert [media.sends for media in parse_offer(rejected).media] == [True, False]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with"),
        ("hello", "begins with"),
        ('{"type": "offer", "sdp": "v=0"}', "begins with"),
        ("v=0\n", "no m-line"),
        (offers.offer(), "no m-line"),
        (offers.offer(offers.AUDIO, "m=video\n"), "m-line has"),
        (offers.offer(offers.AUDIO, offers.AUDIO), "same a=mid"),
        (offers.offer("m=audio 9 UDP/TLS/RTP/SAVPF opus\n"), "payload type"),
        (offers.offer("m=audio 9 UDP/TLS/RTP/SAVPF 300\n"), "payload type"),
        (offers.offer(offers.AUDIO, "a=ssrc:99999999999 cname:x\n"), "SSRC"),
        (offers.offer(offers.AUDIO.replace("48000", "fast")), "clock rate"),
        (offers.offer(offers.AUDIO, "a=extmap:x uri\n"), "extmap"),
        (offers.offer(offers.AUDIO, "a=mid:\x01\n"), "line"),
        (offers.offer(offers.AUDIO, "nonsense\n"), "not SDP: 'nonsense'"),
        (offers.offer(offers.AUDIO, ufrag="x"), "ice-ufrag"),
        (offers.CHROMIUM.replace("a=ice-", "a=lice-"), "ice-ufrag"),
        (offers.offer(*["m=application 9 UDP/DTLS/SCTP x\n"] * 100), "at most 64"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    """Bad SDP is a 400 whose sentence names the fault."""
    with pytest.raises(MalformedSdp, match=says):
        parse_offer(text)


@pytest.mark.parametrize("name", offers.RECEIVING)
def test_offers_of_subscribers_are_read(name: str) -> None:
    """Of those that only receive each m-line does, whatever SSRCs it names."""
    assert all(media.receives for media in parse_offer(offers.RECEIVING[name]).media)


def test_layers_are_read() -> None:
    """Chromium names no SSRC beside its RIDs, Firefox does."""
    assert parse_offer(offers.CHROMIUM_SIMULCAST).media[1].rids == ("l", "m", "h")
    assert parse_offer(offers.CHROMIUM_SIMULCAST).media[1].ssrcs == ()
    assert parse_offer(offers.FIREFOX_SIMULCAST).media[1].rids == ("f", "h", "q")


def test_candidates_that_can_be_sent_to_are_kept() -> None:
    """IP addresses over UDP, and over TCP where the peer waits; each once, and not endlessly."""
    lines = [
        "1 1 udp 2130706431 192.0.2.7 5000 typ host",
        "1 1 UDP 2130706431 192.0.2.7 5000 typ host generation 0",
        "2 1 udp 1 2001:db8::7 5001 typ srflx raddr 10.0.0.1 rport 5",
        "3 1 tcp 1 192.0.2.7 443 typ host tcptype passive",
        "4 1 tcp 1 192.0.2.7 9 typ host tcptype active",
        "5 2 udp 1 192.0.2.7 5002 typ host",
        "6 1 udp 1 a.local 5003 typ host",
        "7 1 udp 1 192.0.2.7 0 typ host",
        "8 1 udp 1 192.0.2.7 99999 typ host",
        "9 1 udp 1 1.2.3.999 5004 typ host",
        "nonsense",
        "",
    ]
    text = offers.offer(offers.AUDIO, *(f"a=candidate:{line}\n" for line in lines))

    assert parse_offer(text).candidates == (
        RemoteCandidate("192.0.2.7", 5000, "udp"),
        RemoteCandidate("2001:db8::7", 5001, "udp"),
        RemoteCandidate("192.0.2.7", 443, "tcp"),
    )
    many = (f"a=candidate:1 1 udp 1 192.0.2.7 {port} typ host\n" for port in range(1, 900))
    assert len(parse_offer(offers.offer(offers.AUDIO, *many)).candidates) == MAX_CANDIDATES


def test_an_answer_has_decided_who_begins() -> None:
    """RFC 8842 §5.3: active or passive, and not nothing."""
    answer = parse_answer(offers.CHROMIUM_ANSWER)

    assert (answer.setup, len(answer.media)) == ("active", 2)
    for text in (offers.CHROMIUM, offers.CHROMIUM_ANSWER.replace("a=setup:active\n", "")):
        with pytest.raises(MalformedSdp, match="an answer has a=setup"):
            parse_answer(text)
    with pytest.raises(MalformedSdp, match="the answer has no media"):
        parse_answer("v=0\n")


@given(st.integers(0, len(offers.CHROMIUM)))
def test_a_truncated_offer_is_read_or_refused(length: int) -> None:
    """Whatever of an offer arrives, reading it ends in a value or in MalformedSdp."""
    with contextlib.suppress(MalformedSdp):
        parse_offer(offers.CHROMIUM[:length])


_NAMES = st.sampled_from(
    [
        *("group", "mid", "ice-ufrag", "ice-pwd", "fingerprint", "setup", "rtpmap", "fmtp"),
        *("rtcp-fb", "extmap", "ssrc", "ssrc-group", "candidate", "sendonly", "recvonly"),
        *("rid", "simulcast", "msid"),
    ]
)
_VALUES = st.text(st.characters(codec="utf-8"), max_size=30)
_ATTRIBUTES = st.builds("a={}:{}".format, _NAMES, _VALUES)
_M_LINES = st.builds(
    "m={} {} {} {}".format,
    st.sampled_from(["audio", "video", "application", "text"]),
    st.sampled_from(["9", "0", "-1", "9/2"]),
    st.sampled_from(["UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", "x"]),
    _VALUES,
)


@given(st.lists(st.one_of(_ATTRIBUTES, _M_LINES, _VALUES), max_size=30))
def test_garbage_is_read_or_refused(lines: list[str]) -> None:
    """Lines of any content end in a value or in MalformedSdp, never in another error."""
    for text in ("\n".join(["v=0", *lines]), "\n".join(lines)):
        for parse in (parse_offer, parse_answer, parse_fragment):
            with contextlib.suppress(MalformedSdp):
                parse(text)


def test_a_megabyte_of_lines_is_read_in_no_time() -> None:
    """Size costs time in proportion, should somebody ever let such an offer through."""
    text = offers.offer(offers.AUDIO) + "a=ssrc:1 cname:x\n" * 60_000

    assert parse_offer(text).media[0].ssrc == 1


def test_a_fragment_has_credentials_and_candidates() -> None:
    """Trickled candidates are counted, and the credentials tell the ICE session."""
    text = (
        "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\n"
        "a=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
        "a=candidate:2 1 udp 2122194687 x.local 61765 typ host\r\na=end-of-candidates\r\n"
    )

    assert parse_fragment(text) == Fragment(
        IceParameters("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"), candidates=2
    )
    assert parse_fragment("a=end-of-candidates\r\n") == Fragment(None, 0)


def test_an_empty_fragment_is_malformed() -> None:
    """A fragment that says nothing is refused."""
    with pytest.raises(MalformedSdp):
        parse_fragment("m=audio 9 RTP/AVP 0\r\n")
