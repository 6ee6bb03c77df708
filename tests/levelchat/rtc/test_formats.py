"""Laws of formats and of the streams that fit into them."""

import pytest

from levelchat.media.codec import Codec, Kind
from levelchat.rtc.formats import codec_of, misfit, receiver_of, red_of, refusal, repair_of
from levelchat.rtc.sdp_media import Format, Media


def video(name: str, fmtp: str = "", payload_type: int = 96) -> Format:
    return Format(payload_type, name, 90_000, fmtp=fmtp)


def h264(profile: str, mode: int = 1) -> str:
    return f"packetization-mode={mode};profile-level-id={profile}"


@pytest.mark.parametrize(
    ("offered", "codec"),
    [
        (video("vp8"), Codec.VP8),
        (video("vp9"), Codec.VP9),
        (video("vp9", "profile-id=2"), None),
        (video("av1", "profile=0"), Codec.AV1),
        (video("av1", "profile=1"), None),
        (video("h264"), Codec.H264),
        (video("h264", "profile-level-id=xyz"), None),
        (video("h264", "packetization-mode=2"), None),
        (video("h265"), None),
        (Format(0, "", 0), None),
        (Format(111, "opus", 48_000, 2), Codec.OPUS),
        (Format(111, "opus", 48_000, 1), None),
        (Format(111, "opus", 16_000, 2), None),
    ],
)
def test_what_we_speak(offered: Format, codec: Codec | None) -> None:
    """A codec is spoken in the forms that browsers send, at its own clock rate."""
    assert codec_of(offered) is codec
    assert receiver_of(offered) is codec


def test_4_4_4_may_receive_but_not_send() -> None:
    """Who decodes it decodes all that we forward; Chromium offers no other high profile."""
    offered = video("h264", h264("f4001f"))

    assert codec_of(offered) is None
    assert receiver_of(offered) is Codec.H264


@pytest.mark.parametrize(
    ("stream", "offered", "fits"),
    [
        (h264("42e01f"), h264("42e01f"), True),
        (h264("42e01f"), h264("42001f"), True),
        (h264("42001f"), h264("42e01f"), True),
        (h264("42e028"), h264("42e01f"), True),
        (h264("42e01f"), h264("4d001f"), True),
        (h264("42e01f"), h264("640c1f"), True),
        (h264("4d001f"), h264("42e01f"), False),
        (h264("4d001f"), h264("64001f"), True),
        (h264("640c1f"), h264("4d001f"), False),
        (h264("640c1f"), h264("64001f"), True),
        (h264("640c1f"), h264("f4001f"), True),
        (h264("42e01f"), h264("42e01f", 0), False),
        (h264("42e01f", 0), h264("42e01f", 1), True),
        (h264("42e01f", 0), h264("42e01f", 0), True),
        ("", "", True),
        (h264("xx"), h264("42e01f"), False),
    ],
)
def test_h264_goes_to_who_decodes_its_profile_and_mode(
    stream: str, offered: str, *, fits: bool
) -> None:
    """A profile goes to itself and those above it, of any level; mode 1 needs mode 1."""
    assert (misfit(Codec.H264, stream, video("h264", offered)) is not None) is fits


def test_the_nearest_profile_fits_best() -> None:
    """The same comes before another flavour of it, that before a better, a mode over a profile."""
    stream = h264("42e01f")
    nearness = [
        misfit(Codec.H264, stream, video("h264", offered))
        for offered in (h264("42e015"), h264("42001f"), h264("4d001f"), h264("64001f"))
    ]

    assert nearness == sorted(set(nearness), key=lambda item: item or 0)
    assert nearness[0] == 0


def test_other_codecs_fit_if_they_are_the_same() -> None:
    """VP8 into VP8, and nothing else."""
    assert misfit(Codec.VP8, "", video("vp8", "max-fs=100")) == 0
    assert misfit(Codec.VP8, "", video("vp9")) is None
    assert misfit(Codec.OPUS, "usedtx=1", Format(111, "opus", 48_000, 2)) == 0


def test_repair_and_redundancy_are_found_by_what_they_are_made_of() -> None:
    """`apt` of RTX, the first number of RED."""
    rtx = Format(97, "rtx", 90_000, fmtp="apt=96")
    red = Format(63, "red", 48_000, 2, fmtp="111/111")
    media = Media("video", "UDP/TLS/RTP/SAVPF", ("97", "63"), formats=(rtx, red))

    assert (repair_of(media, 96), repair_of(media, 97)) == (rtx, None)
    assert (red_of(media, 111), red_of(media, 11)) == (red, None)


def test_a_refusal_has_both_lists() -> None:
    """And is never longer than a sentence, whatever was offered."""
    formats = tuple(video(f"codec{number}", payload_type=number) for number in range(60))
    media = Media("video", "UDP/TLS/RTP/SAVPF", (), formats=(*formats, Format(0, "")))

    assert "codec19" in refusal(Kind.VIDEO, [media]).detail
    assert "codec20" not in refusal(Kind.VIDEO, [media]).detail
    assert "Opus" in refusal(Kind.AUDIO, [media]).detail
