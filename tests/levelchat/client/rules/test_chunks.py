"""Each rule on one init section, part or segment."""

import msgspec
import pytest
from lowlatency import Broadcast

from levelchat.client.boxes import Header, Media, read_header, read_media
from levelchat.client.rules.chunks import of_chunks, of_duration, of_init, of_part
from levelchat.client.rules.reading import ListedPart, read
from packager.cmaf.box import box

GOOD = Broadcast()
HEADER = read_header(GOOD.init("v360"))
PARTS = read(GOOD.playlist("v360", (20, 1)), "http://host/v360.m3u8").segments[-1].parts
MEDIA = [read_media(GOOD.part("v360", 20, index), HEADER) for index in range(2)]


def _part(listed: ListedPart, media: Media) -> list[str]:
    return [finding.rule for finding in of_part(listed, media, HEADER)]


def _chunks(media: Media, end: int | None = None) -> list[str]:
    return [finding.rule for finding in of_chunks("u", media, HEADER, end)]


def _with(media: Media, **changes: object) -> Media:
    return msgspec.structs.replace(
        media, chunks=(msgspec.structs.replace(media.chunks[0], **changes),)
    )


def test_good_media_breaks_no_rule() -> None:
    """What our packager writes raises no finding."""
    assert list(of_init(HEADER)) == []
    for listed, media in zip(PARTS, MEDIA, strict=True):
        assert _part(listed, media) == []
        assert _chunks(media, media.chunks[0].decode_time) == []


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("B1", {"kinds": ("moov", "ftyp")}),
        ("B1", {"kinds": ("ftyp", "moov", "mdat")}),
        ("B1", {"tracks": 2}),
        ("B7", {"brands": ("iso6",)}),
    ],
)
def test_each_broken_init_section_is_noticed(rule: str, changes: dict[str, object]) -> None:
    """One wrong fact of the header raises its rule."""
    header: Header = msgspec.structs.replace(HEADER, **changes)

    assert [finding.rule for finding in of_init(header)] == [rule]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("B2", {"samples": 0}),
        ("B3", {"tracks": 2}),
        ("B3", {"runs": 2}),
        ("B3", {"track": 7}),
        ("B4", {"base_is_moof": False}),
        ("B4", {"data_offset": None}),
        ("B4", {"data_offset": 8}),
        ("B4", {"sample_bytes": 1}),
        ("B5", {"decode_time": 5}),
    ],
)
def test_each_broken_chunk_is_noticed(rule: str, changes: dict[str, object]) -> None:
    """One wrong fact of the chunk raises its rule."""
    end = MEDIA[0].chunks[0].decode_time

    assert _chunks(_with(MEDIA[0], **changes), end) == [rule]


def test_a_part_is_one_moof_and_one_mdat() -> None:
    """Two chunks in one part, or none, are noticed."""
    twice = read_media(GOOD.part("v360", 20, 0) + GOOD.part("v360", 20, 1), HEADER)
    none = read_media(box(b"styp", b"cmfl"), HEADER)

    assert "B2" in _part(PARTS[0], twice)
    assert _part(PARTS[0], none) == ["B2"]


def test_independent_parts_say_so_and_others_do_not() -> None:
    """INDEPENDENT=YES is compared with the first sample."""
    assert _part(msgspec.structs.replace(PARTS[0], independent=False), MEDIA[0]) == ["A3.5"]
    assert _part(msgspec.structs.replace(PARTS[1], independent=True), MEDIA[1]) == ["A3.5"]


@pytest.mark.parametrize(("listed", "broken"), [(500, False), (501, False), (534, True)])
def test_durations_are_true(listed: int, *, broken: bool) -> None:
    """A listed duration differs from the media by less than a frame."""
    found = of_duration(listed * 1_000_000, MEDIA[0], HEADER, "")

    assert [finding.rule for finding in found] == (["A2.2"] if broken else [])
