"""Laws of the box reader."""

import pytest
from lowlatency import Broadcast

from levelchat.client.boxes import BoxError, read_header, read_media, walk
from packager.cmaf.box import box, full_box, u32, u64

BROADCAST = Broadcast()


def test_a_header_tells_its_track() -> None:
    """Timescale, brands and the count of tracks come from the init section."""
    header = read_header(BROADCAST.init("v360"))

    assert (header.timescale, header.tracks, header.kinds) == (90_000, 1, ("ftyp", "moov"))
    assert "cmfc" in header.brands


@pytest.mark.parametrize(
    ("name", "duration", "samples"), [("v360", 45_000, 15), ("a128", 24_000, 20)]
)
def test_a_part_tells_its_time_and_duration(name: str, duration: int, samples: int) -> None:
    """tfdt, the sum of the sample durations, and the count are read from the part alone."""
    header = read_header(BROADCAST.init(name))
    (chunk,) = read_media(BROADCAST.part(name, 3, 1), header).chunks

    assert chunk.decode_time == (3 * 4 + 1) * duration
    assert (chunk.duration, chunk.samples) == (duration, samples)
    assert chunk.sample_bytes == chunk.payload_bytes
    assert chunk.data_offset == chunk.expected_offset
    assert chunk.base_is_moof


@pytest.mark.parametrize(
    ("name", "index", "independent"), [("v360", 0, True), ("v360", 1, False), ("a128", 1, True)]
)
def test_a_part_tells_whether_a_decoder_can_start(
    name: str, index: int, *, independent: bool
) -> None:
    """The first sample's flags say it, wherever they are written."""
    header = read_header(BROADCAST.init(name))
    (chunk,) = read_media(BROADCAST.part(name, 3, index), header).chunks

    assert chunk.independent is independent


def test_a_segment_has_the_chunks_of_its_parts() -> None:
    """Each chunk of a segment begins where the one before ended."""
    header = read_header(BROADCAST.init("v360"))
    chunks = read_media(BROADCAST.segment("v360", 7), header).chunks

    assert [chunk.decode_time for chunk in chunks] == [
        (7 * 4 + index) * 45_000 for index in range(4)
    ]


def test_samples_inherit_what_the_fragment_does_not_say() -> None:
    """Duration, size and flags fall back to tfhd and then to trex."""
    header = read_header(BROADCAST.init("v360"))
    run = full_box(b"trun", 0, 0x000001, u32(3, 0))
    traf = box(
        b"traf",
        full_box(b"tfhd", 0, 0x020000 | 0x18, u32(1, 100, 5)),
        full_box(b"tfdt", 1, 0, u64(1 << 40)),
        run,
    )
    data = box(b"moof", full_box(b"mfhd", 0, 0, u32(9)), traf) + box(b"mdat", bytes(15))
    (chunk,) = read_media(data, header).chunks

    assert (chunk.duration, chunk.sample_bytes, chunk.sequence) == (300, 15, 9)
    assert chunk.decode_time == 1 << 40


def test_a_64_bit_size_is_read() -> None:
    """A box may carry its size in the 64 bits after its kind."""
    data = u32(1) + b"mdat" + u64(20) + b"abcd"

    assert [(b.kind, bytes(b.payload)) for b in walk(data)] == [(b"mdat", b"abcd")]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00",
        u32(4) + b"moof",
        u32(100) + b"moof",
        u32(1) + b"mdat",
        box(b"moof"),
        box(b"moof", box(b"traf", full_box(b"tfhd", 0, 8, u32(1)))),
    ],
)
def test_what_is_cut_off_is_an_error(data: bytes) -> None:
    """Truncated boxes raise `BoxError`, never anything else."""
    with pytest.raises(BoxError):
        read_media(data, read_header(BROADCAST.init("v360")))


@pytest.mark.parametrize("cut", range(0, 700, 7))
def test_every_truncation_is_an_error_or_less_media(cut: int) -> None:
    """However a part is cut, the reader raises `BoxError` or reads no samples' bytes."""
    header = read_header(BROADCAST.init("v360"))
    part = BROADCAST.part("v360", 1, 0)[:cut]
    try:
        media = read_media(part, header)
    except BoxError:
        return

    assert not any(chunk.payload_bytes for chunk in media.chunks)


def test_an_init_section_without_a_track_is_an_error() -> None:
    """A `moov` that lacks what a player needs is named."""
    with pytest.raises(BoxError, match="mdhd"):
        read_header(box(b"ftyp", b"iso6", u32(0)) + box(b"moov"))
