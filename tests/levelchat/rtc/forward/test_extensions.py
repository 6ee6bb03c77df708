"""Header extensions that pass."""

from forwardkit import packet
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import rtp
from levelchat.rtc.forward import extensions
from levelchat.rtc.forward.extensions import NOTHING, Kept
from levelchat.rtc.forward.seams import ExtensionIds

ELEMENTS = st.none() | st.binary(min_size=1, max_size=60)
NUMBERS = st.integers(1, 255)


def _read_back(written: bytes, ids: ExtensionIds) -> Kept:
    data = bytes((0x90,)) + packet(1)[1:12] + written + b"payload"
    parsed = rtp.parse(data, 0)
    assert parsed.payload == b"payload"
    return extensions.read(parsed, ids)


@given(ELEMENTS, ELEMENTS, ELEMENTS, st.lists(NUMBERS, min_size=3, max_size=3, unique=True))
def test_what_is_written_can_be_read(
    level: bytes | None, time: bytes | None, dependency: bytes | None, numbers: list[int]
) -> None:
    """Elements of every length come back under every identifier."""
    kept, ids = Kept(level, time, dependency), ExtensionIds(*numbers)
    written, at = extensions.write(kept, ids)

    if kept == NOTHING:
        assert written == b""
        return
    assert len(written) % 4 == 0
    assert _read_back(written, ids) == kept
    if dependency:
        assert written[at : at + len(dependency)] == dependency


def test_the_form_follows_the_elements() -> None:
    """RFC 8285: one byte where length and identifier allow it, else two."""
    short = extensions.write(Kept(b"a"), ExtensionIds(audio_level=14))[0]
    high = extensions.write(Kept(b"a"), ExtensionIds(audio_level=15))[0]
    long = extensions.write(Kept(b"a" * 17), ExtensionIds(audio_level=1))[0]

    assert [data[:2] for data in (short, high, long)] == [b"\xbe\xde", b"\x10\x00", b"\x10\x00"]


def test_without_an_identifier_nothing_is_written() -> None:
    """A subscriber that did not negotiate an element never sees it."""
    assert extensions.write(Kept(b"a", b"b", b"c"), ExtensionIds()) == (b"", 0)
    assert extensions.write(Kept(b"a" * 256), ExtensionIds(audio_level=1)) == (b"", 0)


def test_a_packet_without_extensions_has_nothing() -> None:
    """Reading looks for nothing that was not negotiated."""
    bare = rtp.parse(packet(1), 0)
    full = rtp.parse(packet(1, elements={1: b"a"}), 0)

    assert extensions.read(bare, ExtensionIds(1, 2, 3)) == NOTHING
    assert extensions.read(full, ExtensionIds()) == NOTHING
