"""Laws of what is taken of an offer."""

import offers
import pytest

from levelchat.media.codec import Codec
from levelchat.rtc.errors import UnsupportedCodec, UnsupportedSdp
from levelchat.rtc.forward.seams import (
    AUDIO_HISTORY,
    VIDEO_HISTORY,
    ExtensionIds,
    SourceConfig,
)
from levelchat.rtc.header_extensions import CAPTURE_TIME_URI, DEPENDENCY_URI, RID_URI
from levelchat.rtc.negotiate import MAX_LAYERS, Negotiation, negotiate
from levelchat.rtc.sdp import parse_offer


def decide(text: str, *preferred: Codec) -> Negotiation:
    return negotiate(parse_offer(text), preferred)


def chosen(text: str, *preferred: Codec) -> list[tuple[Codec, int, int | None]]:
    return [
        (track.codec, track.format.payload_type, track.rtx.payload_type if track.rtx else None)
        for track in decide(text, *preferred).tracks
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chromium", [(Codec.OPUS, 111, None), (Codec.VP8, 96, 97)]),
        ("firefox", [(Codec.OPUS, 109, None), (Codec.VP8, 120, 124)]),
        ("safari", [(Codec.OPUS, 111, None), (Codec.H264, 96, 97)]),
        ("obs", [(Codec.OPUS, 111, None), (Codec.H264, 96, None)]),
        ("ffmpeg", [(Codec.OPUS, 111, None), (Codec.H264, 106, 105)]),
        ("gstreamer", [(Codec.H264, 96, 97), (Codec.OPUS, 98, None)]),
    ],
)
def test_one_codec_of_each_kind_is_taken(
    name: str, expected: list[tuple[Codec, int, int | None]]
) -> None:
    """Of every known program's offer one audio and one video codec is taken, with its RTX."""
    assert chosen(offers.ALL[name]) == expected


@pytest.mark.parametrize(
    ("codec", "payload_type"),
    [(Codec.H264, 102), (Codec.VP8, 96), (Codec.VP9, 98), (Codec.AV1, 45)],
)
def test_a_preferred_codec_comes_first(codec: Codec, payload_type: int) -> None:
    """Where the preferred codec is offered it is taken, whatever the offer's order."""
    assert chosen(offers.CHROMIUM, codec)[1][:2] == (codec, payload_type)


def test_a_preferred_codec_that_is_not_offered_changes_nothing() -> None:
    """The offer's own order holds then."""
    assert chosen(offers.OBS, Codec.AV1) == chosen(offers.OBS)


def test_fragments_are_preferred_within_h264() -> None:
    """packetization-mode 1 is taken before 0 wherever it stands, and 0 where it stands alone."""
    single = "a=fmtp:96 profile-level-id=42e01f;packetization-mode={}\n"
    two = (
        "m=video 9 UDP/TLS/RTP/SAVPF 95 96\na=mid:v\na=sendonly\na=rtcp-mux\n"
        "a=rtpmap:95 H264/90000\na=fmtp:95 profile-level-id=42e01f\na=rtpmap:96 H264/90000\n"
    )

    assert chosen(offers.offer(two + single.format(1)))[0][1] == 96
    assert chosen(offers.offer(two + single.format(2)))[0][1] == 95


def test_what_most_receivers_decode_is_preferred_within_h264() -> None:
    """Packets go on as they are, so baseline is taken before high, wherever it stands."""
    fmtp = "a=fmtp:{} packetization-mode=1;profile-level-id={}\n"
    video = (
        "m=video 9 UDP/TLS/RTP/SAVPF 95 96\na=mid:v\na=sendonly\na=rtcp-mux\n"
        "a=rtpmap:95 H264/90000\na=rtpmap:96 H264/90000\n"
    )

    assert (
        chosen(offers.offer(video + fmtp.format(95, "640c1f") + fmtp.format(96, "42e01f")))[0][1]
        == 96
    )
    assert (
        chosen(offers.offer(video + fmtp.format(95, "42001f") + fmtp.format(96, "42e01f")))[0][1]
        == 95
    )


@pytest.mark.parametrize(
    ("profile", "taken"),
    [("42e01f", True), ("4d001f", True), ("640c1f", True), ("f4001f", False), ("zz", False)],
)
def test_h264_profiles(profile: str, *, taken: bool) -> None:
    """Baseline, main and high are taken; 4:4:4 and nonsense are not."""
    text = offers.OBS.replace("42e01f", profile)

    if taken:
        assert chosen(text)[1][0] is Codec.H264
    else:
        with pytest.raises(UnsupportedCodec):
            decide(text)


@pytest.mark.parametrize(
    ("rtpmap", "fmtp"),
    [
        ("VP9/90000", "profile-id=2"),
        ("AV1/90000", "profile=1"),
        ("H265/90000", "profile-id=1"),
        ("VP8/48000", ""),
        ("H264/90000", "packetization-mode=2"),
    ],
)
def test_a_refusal_names_what_was_offered_and_what_is_spoken(rtpmap: str, fmtp: str) -> None:
    """An offer of only unsupported codecs gets a sentence with both lists."""
    video = (
        "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\na=sendonly\na=rtcp-mux\n"
        f"a=rtpmap:96 {rtpmap}\na=fmtp:96 {fmtp}\n"
    )

    with pytest.raises(UnsupportedCodec) as refusal:
        decide(offers.offer(offers.AUDIO, video))

    assert rtpmap.partition("/")[0].lower() in refusal.value.detail
    assert "H.264" in refusal.value.detail
    assert "AV1" in refusal.value.detail
    assert refusal.value.status == 406


def test_audio_of_another_codec_is_not_silently_left_out() -> None:
    """A session that would be mute is refused rather than taken half."""
    audio = offers.AUDIO.replace("111 opus/48000/2", "0 PCMU/8000").replace(" 111", " 0")

    with pytest.raises(UnsupportedCodec, match=r"audio .*pcmu"):
        decide(offers.offer(audio, offers.VIDEO))


def test_the_first_of_several_tracks_of_a_kind_is_taken() -> None:
    """Two cameras and a data channel: the first camera is taken, nothing else."""
    second = offers.VIDEO.replace("mid:v", "mid:w")
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\n"

    decided = decide(offers.offer(data, offers.VIDEO, second, bundle="d v w"))

    assert [track.index for track in decided.tracks] == [1]


def test_a_direction_that_sends_nothing_is_not_taken() -> None:
    """M-lines that are recvonly or inactive are left out; alone they are an error."""
    silent = offers.AUDIO.replace("sendonly", "recvonly")

    assert [track.codec for track in decide(offers.offer(silent, offers.VIDEO)).tracks] == [
        Codec.VP8
    ]
    with pytest.raises(UnsupportedSdp, match="sendonly"):
        decide(offers.offer(silent))


@pytest.mark.parametrize(
    ("theirs", "ours"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")]
)
def test_dtls_roles_fit(theirs: str, ours: str) -> None:
    """We are the DTLS server unless the offerer insists on being it."""
    assert decide(offers.offer(offers.AUDIO, setup=theirs)).setup == ours


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (offers.offer(offers.AUDIO, setup="holdconn"), "setup"),
        (offers.offer(offers.AUDIO).replace("sha-256", "md5"), "fingerprint"),
        (offers.offer(offers.AUDIO).replace("a=rtcp-mux\n", ""), "rtcp-mux"),
        (offers.offer(offers.AUDIO, offers.VIDEO, bundle="a"), "BUNDLE"),
        (
            offers.offer(offers.AUDIO, offers.VIDEO.replace("96", "111")),
            "payload type",
        ),
    ],
)
def test_sessions_of_another_kind_are_refused(text: str, says: str) -> None:
    """What one transport cannot carry is a 422 that names the missing line."""
    with pytest.raises(UnsupportedSdp, match=says):
        decide(text)


def test_only_useful_header_extensions_are_kept() -> None:
    """video-orientation is not: senders then turn the picture themselves."""
    video = (
        offers.VIDEO + f"a=extmap:13 urn:3gpp:video-orientation\na=extmap:5 {CAPTURE_TIME_URI}\n"
    )

    (track,) = decide(offers.offer(video)).tracks

    assert [extension.identifier for extension in track.extensions] == [5]
    assert track.receiver().abs_capture_time_id == 5


def test_a_receiver_knows_what_was_agreed_on() -> None:
    """Payload types, SSRCs and feedback go from the offer to the receiver's configuration."""
    audio, video = (track.receiver() for track in decide(offers.CHROMIUM, Codec.H264).tracks)

    assert (audio.codec, audio.payload_type, audio.nack) == (Codec.OPUS, 111, False)
    assert (video.payload_type, video.rtx_payload_type) == (102, 103)
    assert (video.ssrc, video.rtx_ssrc) == (3442861270, 1066396236)
    assert (video.nack, video.pli, video.fir) == (True, True, True)


@pytest.mark.parametrize(
    ("name", "rids", "lowest_first"),
    [
        (offers.CHROMIUM_SIMULCAST, ("l", "m", "h"), ("l", "m", "h")),
        (offers.FIREFOX_SIMULCAST, ("f", "h", "q"), ("q", "h", "f")),
    ],
)
def test_simulcast_is_taken(
    name: str, rids: tuple[str, ...], lowest_first: tuple[str, ...]
) -> None:
    """Layers as offered, and what tells them apart in packets."""
    _, video = decide(name).tracks

    assert video.rids == rids
    assert video.quality_order() == lowest_first
    assert all((video.mid_id, video.rid_id, video.repaired_rid_id))


def simulcast(*layers: str, extension: bool = True, order: str = "") -> str:
    names = [layer.split(" ")[0] for layer in layers]
    return offers.offer(
        offers.VIDEO
        + (f"a=extmap:10 {RID_URI}\n" if extension else "")
        + "".join(f"a=rid:{layer}\n" for layer in layers)
        + f"a=simulcast:send {order or ';'.join(names)}\n"
    )


def test_layers_are_bounded() -> None:
    """Of more than three the first three of a=simulcast, which is the sender's preference."""
    (track,) = decide(simulcast("a send", "b send", "c send", "d send", order="d;c;b;a")).tracks

    assert track.rids == ("d", "c", "b")
    assert len(track.rids) == MAX_LAYERS


def test_layers_of_another_codec_are_left_out() -> None:
    """A layer may be bound to payload types."""
    (track,) = decide(simulcast("a send pt=96", "b send pt=98", "c send")).tracks

    assert track.rids == ("a", "c")


def test_layers_that_cannot_be_told_apart_are_not_taken() -> None:
    """Without the RID in packets the publisher is answered without simulcast, and sends one."""
    (track,) = decide(simulcast("a send", "b send", extension=False)).tracks

    assert (track.rids, track.rid_id, track.quality_order()) == ((), 0, ())


@pytest.mark.parametrize(
    ("codec", "has_it"),
    [(Codec.VP8, False), (Codec.H264, False), (Codec.VP9, True), (Codec.AV1, True)],
)
def test_the_dependency_descriptor_is_for_scalable_codecs(codec: Codec, *, has_it: bool) -> None:
    """VP8 and H.264 have no layers that need it."""
    _, video = decide(offers.CHROMIUM_SIMULCAST, codec).tracks

    assert video.dependency_descriptor is has_it
    assert video.extension_ids() == ExtensionIds(dependency=12 if has_it else 0)


def test_a_source_knows_what_was_agreed_on() -> None:
    """Payload types, extensions and history go from the offer to the forwarding core."""
    text = offers.CHROMIUM.replace("a=mid:1\n", f"a=mid:1\na=extmap:9 {DEPENDENCY_URI}\n")
    audio, video = decide(text, Codec.VP9).tracks

    assert audio.source_config(tap=True, gaps=False) == SourceConfig(
        codec=Codec.OPUS,
        payload_type=111,
        extensions=ExtensionIds(audio_level=1),
        history=AUDIO_HISTORY,
        tap=True,
    )
    assert video.source_config(tap=False, gaps=True) == SourceConfig(
        codec=Codec.VP9,
        payload_type=98,
        rtx_payload_type=99,
        extensions=ExtensionIds(dependency=9),
        history=VIDEO_HISTORY,
        gaps=True,
    )


def test_redundant_audio_is_taken_only_when_asked_for() -> None:
    """Plain Opus otherwise, since not every subscriber takes RED; never where it is not offered."""
    offered = parse_offer(offers.CHROMIUM)

    assert negotiate(offered).tracks[0].red_payload_type == 0
    audio = negotiate(offered, red=True).tracks[0]
    assert audio.red_payload_type == 63
    assert audio.source_config(tap=False, gaps=False).payload_type == 63
    assert negotiate(parse_offer(offers.SAFARI), red=True).tracks[0].red_payload_type == 0
