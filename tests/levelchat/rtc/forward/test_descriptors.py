"""Payload descriptors of VP8 and VP9."""

from forwardkit import vp8, vp9
from hypothesis import given
from hypothesis import strategies as st

from levelchat.media.codec import Codec
from levelchat.rtc.forward import descriptors
from levelchat.rtc.forward.descriptors import PLAIN, Descriptor


def test_vp8_says_where_its_counters_are() -> None:
    """RFC 7741 §4.2: picture id with 15 or 7 bits, TL0PICIDX, temporal layer and its sync bit."""
    payload = vp8(1, picture=0x1234, tl0=7, temporal=2, sync=True)

    assert descriptors.read(Codec.VP8, payload) == Descriptor(
        layered=True,
        temporal=2,
        sync=True,
        picture_at=2,
        picture=0x1234,
        picture_bits=15,
        tl0_at=4,
        tl0=7,
    )
    short = descriptors.read(Codec.VP8, vp8(1, picture=5, tl0=7, long=False))
    assert (short.picture, short.picture_bits, short.tl0_at, short.layered) == (5, 7, 3, False)


def test_vp9_says_its_layers() -> None:
    """RFC 9628 §4.2: spatial and temporal layer, switching-up point, end of the frame."""
    payload = vp9(1, spatial=1, temporal=2, sync=True, ends=True)

    assert descriptors.read(Codec.VP9, payload) == Descriptor(
        layered=True, spatial=1, temporal=2, sync=True, ends=True
    )


def test_others_have_none() -> None:
    """A stream without layers, and other codecs, are plain."""
    assert descriptors.read(Codec.VP8, vp8(1)) is PLAIN
    assert descriptors.read(Codec.VP9, b"\x0cdata") is PLAIN
    assert descriptors.read(Codec.H264, b"\xff\xff") is PLAIN
    assert descriptors.read(Codec.VP8, b"") is PLAIN


@given(st.binary(max_size=8), st.sampled_from([Codec.VP8, Codec.VP9]))
def test_what_is_cut_off_is_plain(payload: bytes, codec: Codec) -> None:
    """No payload makes it raise, and what it names lies inside."""
    said = descriptors.read(codec, payload)

    assert max(said.picture_at, said.tl0_at) < max(len(payload), 1)
