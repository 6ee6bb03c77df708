"""Packets as they are kept."""

from forwardkit import IDS, OUT_IDS, dependency, h264, packet, vp8

from levelchat.media.codec import Codec
from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions
from levelchat.rtc.forward.packets import MAX_FORMS, Form, Forms, Packet
from levelchat.rtc.forward.seams import ExtensionIds


def _kept(data: bytes, codec: Codec = Codec.H264) -> Packet:
    parsed = rtp.parse(data, 77)
    return Packet(parsed, extensions.read(parsed, IDS), codec)


def test_a_packet_is_taken_apart_once() -> None:
    """Its key frame, its counters and its arrival are known."""
    made = _kept(packet(5, 9, vp8(1, key=True, picture=3), marker=True), Codec.VP8)

    assert (made.sequence, made.timestamp, made.marker, made.arrival_ns) == (5, 9, True, 77)
    assert made.key
    assert made.descriptor.picture == 3
    assert made.frame_number is None


def test_an_image_is_made_once_for_each_form() -> None:
    """Outlets with the same identifiers share its bytes."""
    forms = Forms()
    made = _kept(packet(5, payload=h264(1), elements={IDS.audio_level: b"\x11"}))
    with_level = forms.form(OUT_IDS)
    bare = forms.form(ExtensionIds())

    assert made.image(with_level) is made.image(forms.form(ExtensionIds(4, 5, 6)))
    assert made.image(bare).data == bytes((0x80,)) + bytes(11) + h264(1)
    image = made.image(with_level)
    assert image.data[image.payload_at :] == h264(1)
    assert image.data[0] == 0x90


def test_the_frame_number_can_be_found() -> None:
    """In the packet, and in each of its images."""
    element = dependency(0, 0x1234)
    made = _kept(packet(5, elements={IDS.dependency: element, IDS.audio_level: b"\x11"}))
    image = made.image(Form(OUT_IDS))

    assert made.frame_number == 0x1234
    assert image.data[image.frame_at : image.frame_at + 2] == b"\x12\x34"
    assert made.image(Form(ExtensionIds(audio_level=1))).frame_at == 0


def test_invented_forms_are_not_kept() -> None:
    """Who numbers extensions in ever new ways fills no memory."""
    forms = Forms()
    first = forms.form(ExtensionIds(1))
    for level in range(2, MAX_FORMS + 2):
        forms.form(ExtensionIds(level))
    unknown = ExtensionIds(1, 2, 3)

    assert forms.form(ExtensionIds(1)) is first
    assert forms.form(unknown) is not forms.form(unknown)
