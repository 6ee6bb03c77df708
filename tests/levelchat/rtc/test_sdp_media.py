"""Laws of reading an m-line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.errors import MalformedSdp
from levelchat.rtc.sdp_lines import sections
from levelchat.rtc.sdp_media import Media, parse_media

VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"


def read(text: str) -> Media:
    return parse_media(sections(text)[1])


def test_formats_have_what_their_payload_type_has() -> None:
    """Rtpmap, fmtp and rtcp-fb meet under the payload type; `*` is for all."""
    media, repair = read(
        VIDEO + "a=rtpmap:96 VP8/90000\na=rtcp-fb:* nack\na=rtcp-fb:96 ccm fir\n"
        "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
    ).formats

    assert (media.name, media.clock_rate, media.feedback) == ("vp8", 90000, ("ccm fir", "nack"))
    assert (repair.name, repair.parameters) == ("rtx", {"apt": "96"})


@pytest.mark.parametrize(
    ("direction", "port", "sends", "receives"),
    [
        ("sendrecv", 9, True, True),
        ("sendonly", 9, True, False),
        ("recvonly", 9, False, True),
        ("inactive", 9, False, False),
        ("sendrecv", 0, False, False),
    ],
)
def test_directions(direction: str, port: int, *, sends: bool, receives: bool) -> None:
    """An m-line with port 0 does neither."""
    media = read(VIDEO.replace("9 ", f"{port} ", 1) + f"a={direction}\n")

    assert (media.sends, media.receives) == (sends, receives)


def test_streams_and_their_names() -> None:
    """Every SSRC once, the pair of stream and repair, and what the track is called."""
    media = read(
        VIDEO + "a=ssrc:1 cname:x\na=ssrc:2 cname:x\na=ssrc:1 msid:s t\n"
        "a=ssrc-group:SIM 1 2\na=ssrc-group:FID 1 2\na=msid:s t\n"
    )

    assert (media.ssrc, media.rtx_ssrc, media.ssrcs, media.msid) == (1, 2, (1, 2), "s t")


def test_layers_are_named() -> None:
    """The RIDs of simulcast, in its order."""
    assert read(VIDEO + "a=rid:a send\na=rid:b send\na=simulcast:send b;a\n").rids == ("b", "a")


@given(
    st.sampled_from(["ssrc", "ssrc-group", "rid", "simulcast", "extmap", "rtcp-fb", "msid"]),
    st.text(st.characters(codec="utf-8"), max_size=40),
)
def test_an_attribute_of_any_content_is_read_or_refused(name: str, value: str) -> None:
    """Never another error than MalformedSdp, an empty value included."""
    for text in (f"{VIDEO}a={name}:{value}\n", f"{VIDEO}a={name}\n", f"{VIDEO}a={name}:\n"):
        with contextlib.suppress(MalformedSdp):
            read(text)
