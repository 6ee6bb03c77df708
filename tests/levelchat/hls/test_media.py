"""Laws of levelchat.hls.media."""

from levelchat.hls.media import (
    MediaPlaylist,
    MediaSegment,
    PartialSegment,
    RenditionReport,
    ServerControl,
)
from levelchat.media.time import NANOSECOND

CONTROL = ServerControl(part_hold_back_ns=1_536_000_000, hold_back_ns=6 * NANOSECOND)
DATE_NS = 1_800_000_000_123_000_000


def _playlist(**changes: object) -> MediaPlaylist:
    whole = MediaSegment(
        90_000,
        DATE_NS,
        "s/init.mp4",
        "s/7.m4s",
        180_000,
        (PartialSegment("s/7.0.m4s", 180_000, independent=True),),
    )
    open_ = MediaSegment(
        90_000,
        DATE_NS + 2 * NANOSECOND,
        "s/init.mp4",
        parts=(PartialSegment("s/8.0.m4s", 45_000),),
    )
    values: dict[str, object] = {
        "timescale": 90_000,
        "target_seconds": 2,
        "part_target": 45_000,
        "control": CONTROL,
        "media_sequence": 7,
        "discontinuity_sequence": 0,
        "segments": (whole, open_),
        "hint": "s/8.1.m4s",
        "reports": (RenditionReport("a.m3u8", 8, 0),),
    }
    return MediaPlaylist(**(values | changes))  # type: ignore[arg-type]


def test_a_playlist_renders_as_the_specification_writes_it() -> None:
    """Every tag stands where RFC 8216bis §4.4 puts it."""
    assert (
        _playlist().render()
        == """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.53600,HOLD-BACK=6.00000
#EXT-X-PART-INF:PART-TARGET=0.50000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="s/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.123Z
#EXT-X-PART:DURATION=2.00000,URI="s/7.0.m4s",INDEPENDENT=YES
#EXTINF:2.00000,
s/7.m4s
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.123Z
#EXT-X-PART:DURATION=0.50000,URI="s/8.0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s/8.1.m4s"
#EXT-X-RENDITION-REPORT:URI="a.m3u8",LAST-MSN=8,LAST-PART=0
"""
    )


def test_an_ended_playlist_has_no_hint() -> None:
    """A2.12: EXT-X-ENDLIST and PRELOAD-HINT exclude each other."""
    text = _playlist(ended=True).render()

    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "PRELOAD-HINT" not in text


def test_a_new_program_is_announced_before_its_first_part() -> None:
    """A3.6: DISCONTINUITY, MAP and PROGRAM-DATE-TIME stand before the first PART."""
    new = MediaSegment(
        90_000,
        DATE_NS,
        "t/init.mp4",
        parts=(PartialSegment("t/9.0.m4s", 45_000, independent=True, gap=True),),
        discontinuity=True,
    )
    text = _playlist(segments=(*_playlist().segments[:1], new)).render()

    assert text.partition("s/7.m4s\n")[2].startswith(
        '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="t/init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:'
    )
    assert ",INDEPENDENT=YES,GAP=YES\n" in text


def test_a_hole_is_a_gap() -> None:
    """A2.11: a segment without media carries EXT-X-GAP."""
    hole = MediaSegment(90_000, DATE_NS, "s/init.mp4", "s/7.m4s", 90_000, gap=True)

    assert "#EXT-X-GAP\n#EXTINF:1.00000,\ns/7.m4s\n" in _playlist(segments=(hole,)).render()


def test_a_new_header_is_hinted_with_its_part() -> None:
    """A7.1: one hint of TYPE=PART, and one of TYPE=MAP when the next part needs another header."""
    text = _playlist(header_hint="t/init.mp4", hint="t/9.0.m4s").render()

    assert (
        '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="t/init.mp4"\n'
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="t/9.0.m4s"\n'
    ) in text
