"""Laws of the box writer."""

from packager.cmaf.box import box, full_box, u16, u32, u64


def test_a_box_begins_with_its_whole_size() -> None:
    """A box is its size, header included, its kind and its payloads in order."""
    assert box(b"free", b"ab", b"c") == b"\x00\x00\x00\x0bfreeabc"


def test_a_full_box_says_version_and_flags() -> None:
    """A full box puts 8 bits of version and 24 of flags before the payload."""
    assert full_box(b"tfdt", 1, 0x020304, b"x") == b"\x00\x00\x00\x0dtfdt\x01\x02\x03\x04x"


def test_an_empty_box_is_a_header() -> None:
    """A box without payload has 8 bytes."""
    assert box(b"free") == b"\x00\x00\x00\x08free"


def test_numbers_are_big_endian() -> None:
    """Every field is written most significant byte first."""
    assert (u16(1, 2), u32(3), u64(4)) == (b"\0\1\0\2", b"\0\0\0\3", b"\0\0\0\0\0\0\0\4")
