"""Laws of what a relay takes of a node above."""

import offers
import pytest

from levelchat.media.codec import Codec, Kind
from levelchat.rtc.errors import UnsupportedCodec, UnsupportedSdp
from levelchat.rtc.forward.seams import AUDIO_HISTORY, VIDEO_HISTORY, ExtensionIds
from levelchat.rtc.offering import EXTENSIONS, SentTrack, feed_formats, read_answer, render_offer
from levelchat.rtc.pulling import Pull, pull, render_pull
from levelchat.rtc.sdp import Fingerprint, IceParameters, parse_answer, parse_offer
from levelchat.rtc.sdp_writing import Candidate, LocalSide

LOCAL = LocalSide(
    ice=IceParameters("ours", "s" * 24),
    fingerprint=Fingerprint("sha-256", offers.FINGERPRINT),
    candidates=(Candidate("203.0.113.7", 8443),),
    session_id=7,
)
H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
STREAMS = [(Codec.OPUS, "usedtx=1"), (Codec.H264, H264), (Codec.H264, H264)]
FEED = tuple(
    SentTrack(
        mid=str(place),
        kind=formats.codec.kind,
        formats=(formats,),
        ssrc=10 + place,
        rtx_ssrc=20 + place if formats.codec is Codec.H264 else 0,
        stream="s_1",
        track=f"{place}.{'lm'[place - 1]}" if place else "0",
        extensions=EXTENSIONS[formats.codec.kind],
    )
    for place, formats in enumerate(feed_formats(STREAMS))
)
OFFER = render_offer(FEED, LOCAL)


def take(text: str) -> Pull:
    return pull(parse_offer(text))


def test_everything_of_a_feed_is_pulled() -> None:
    """One track an m-line, with the codec, SSRCs, names and extensions that the node above gave."""
    decided = take(OFFER)

    assert decided.setup == "passive"
    assert decided.rtcp_rsize
    assert [
        (item.mid, item.codec, item.ssrc, item.rtx_ssrc, item.stream, item.track, item.fmtp)
        for item in decided.tracks
    ] == [
        ("0", Codec.OPUS, 10, 0, "s_1", "0", "usedtx=1"),
        ("1", Codec.H264, 11, 21, "s_1", "1.l", H264),
        ("2", Codec.H264, 12, 22, "s_1", "2.m", H264),
    ]
    assert decided.tracks[1].extensions == ExtensionIds(0, 2, 3)
    assert "nack" in decided.tracks[0].feedback


def test_a_source_is_configured_from_its_track() -> None:
    """Payload types as offered, and the history of its kind."""
    audio, video, _ = (item.source_config() for item in take(OFFER).tracks)

    assert (audio.history, audio.rtx_payload_type) == (AUDIO_HISTORY, 0)
    assert (video.history, video.codec, video.gaps, video.tap) == (
        VIDEO_HISTORY,
        Codec.H264,
        True,
        False,
    )
    assert video.rtx_payload_type != 0


def test_the_node_above_understands_the_answer() -> None:
    """What a relay answers, `read_answer` accepts whole; and the relay is not lite."""
    offered = parse_offer(OFFER)

    text = render_pull(offered, pull(offered), LOCAL)

    answer = parse_answer(text)
    answered = read_answer(answer, FEED)
    assert [item.accepted for item in answered] == [True, True, True]
    for item, sent in zip(answered, FEED, strict=True):
        assert item.slot is not None
        assert item.slot.extensions == sent.extensions
        (chosen,) = sent.formats
        found = item.slot.format_for(chosen.codec, chosen.fmtp)
        assert found is not None
        assert (found.payload_type, found.rtx_payload_type) == (
            chosen.payload_type,
            chosen.rtx_payload_type,
        )
    assert answer.setup == "passive"
    assert "a=ice-lite" not in text


def test_our_candidates_are_known_to_who_pulls() -> None:
    """A relay makes the checks, so it needs addresses."""
    assert [tuple(item) for item in parse_offer(OFFER).candidates] == [
        ("203.0.113.7", 8443, "udp")
    ]


def test_what_is_not_media_is_rejected() -> None:
    """In its place."""
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\n"
    offered = parse_offer(OFFER + data)

    answered = parse_answer(render_pull(offered, pull(offered), LOCAL))

    assert [media.rejected for media in answered.media] == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (offers.offer(offers.VIDEO), UnsupportedSdp, "a=ssrc"),
        (offers.offer(offers.VIDEO.replace("VP8", "H265")), UnsupportedCodec, "h265"),
        (offers.offer(offers.VIDEO.replace("sendonly", "recvonly")), UnsupportedSdp, "sends"),
        (OFFER.replace("a=group", "a=grope"), UnsupportedSdp, "BUNDLE"),
        (OFFER.replace("a=setup:actpass", "a=setup:x"), UnsupportedSdp, "setup"),
        (OFFER.replace("sha-256", "md5"), UnsupportedSdp, "fingerprint"),
    ],
)
def test_an_offer_that_is_no_feed_is_refused(text: str, error: type[Exception], says: str) -> None:
    """With what it lacks."""
    with pytest.raises(error, match=says):
        take(text)


def test_a_publishers_offer_could_be_pulled_too() -> None:
    """Any sender that names its SSRCs."""
    audio, video = take(offers.CHROMIUM).tracks

    assert (audio.codec.kind, video.codec) == (Kind.AUDIO, Codec.VP8)
    assert video.rtx_ssrc == 1066396236
