"""A media playlist is a value.

Comes in: segments and parts with integer durations. Goes out: the text of RFC 8216bis §4. It knows
no HTTP and no clock.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property

import msgspec

from levelchat.media.time import NANOSECOND, seconds_text

VERSION = 6
"""A1.3: EXT-X-MAP in a playlist that is not I-frames only needs 6, and nothing here needs more
(§8: PART, PRELOAD-HINT and RENDITION-REPORT ask for no version)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PartialSegment(msgspec.Struct, frozen=True):
    """EXT-X-PART (§4.4.4.9)."""

    uri: str
    duration: int
    """Ticks of the playlist's timescale."""
    independent: bool = False
    gap: bool = False


class MediaSegment(msgspec.Struct, frozen=True, dict=True):
    """A parent segment: complete when it has a *duration*, else only its parts are listed."""

    timescale: int
    """Ticks a second of all its durations."""
    date_ns: int
    """EXT-X-PROGRAM-DATE-TIME, nanoseconds since the Unix epoch."""
    header: str
    """URI of its EXT-X-MAP."""
    uri: str = ""
    duration: int = 0
    """Ticks; 0 while the segment is open."""
    parts: tuple[PartialSegment, ...] = ()
    """Those that are listed; empty far from the live edge."""
    discontinuity: bool = False
    gap: bool = False

    @cached_property
    def text(self) -> str:
        """Its lines from PROGRAM-DATE-TIME on, made once for all the playlists that list it."""
        lines = [f"#EXT-X-PROGRAM-DATE-TIME:{_date(self.date_ns)}"]
        lines += [self._part(part) for part in self.parts]
        if self.duration:
            if self.gap:
                lines.append("#EXT-X-GAP")
            lines.append(f"#EXTINF:{seconds_text(self.duration, self.timescale)},")
            lines.append(self.uri)
        return "\n".join(lines)

    def _part(self, part: PartialSegment) -> str:
        return (
            f"#EXT-X-PART:DURATION={seconds_text(part.duration, self.timescale)}"
            f',URI="{part.uri}"'
            + (",INDEPENDENT=YES" if part.independent else "")
            + (",GAP=YES" if part.gap else "")
        )


class RenditionReport(msgspec.Struct, frozen=True):
    """EXT-X-RENDITION-REPORT (§4.4.5.4): where another media playlist stands."""

    uri: str
    last_msn: int
    last_part: int


class ServerControl(msgspec.Struct, frozen=True):
    """EXT-X-SERVER-CONTROL (§4.4.3.8); A4.1: the same in all playlists of a presentation."""

    part_hold_back_ns: int
    hold_back_ns: int


class MediaPlaylist(msgspec.Struct, frozen=True):
    """One version of a media playlist."""

    timescale: int
    target_seconds: int
    part_target: int
    control: ServerControl
    media_sequence: int
    discontinuity_sequence: int
    segments: tuple[MediaSegment, ...]
    hint: str = ""
    """URI of the next part; empty when the playlist has ended."""
    header_hint: str = ""
    """URI of the next part's header, when it is another than the last one's."""
    reports: tuple[RenditionReport, ...] = ()
    ended: bool = False

    def render(self) -> str:
        """The playlist as it is sent."""
        lines = self._head()
        header = ""
        for segment in self.segments:
            # A3.6: DISCONTINUITY, MAP and PROGRAM-DATE-TIME stand before the first PART of a
            # parent.
            if segment.discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            if segment.header != header:
                lines.append(f'#EXT-X-MAP:URI="{segment.header}"')
                header = segment.header
            lines.append(segment.text)
        lines += self._tail()
        return "\n".join(lines) + "\n"

    def _head(self) -> list[str]:
        control = self.control
        part_hold_back = seconds_text(control.part_hold_back_ns, NANOSECOND)
        hold_back = seconds_text(control.hold_back_ns, NANOSECOND)
        holds = f"PART-HOLD-BACK={part_hold_back},HOLD-BACK={hold_back}"
        return [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{self.target_seconds}",
            # A4.2: PART-HOLD-BACK is present whenever PART-INF is.
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,{holds}",
            f"#EXT-X-PART-INF:PART-TARGET={seconds_text(self.part_target, self.timescale)}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}",
            # A9.5: present from the start, since a discontinuity may come at any time.
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]

    def _tail(self) -> list[str]:
        # A2.12: a playlist with ENDLIST must not contain a PRELOAD-HINT.
        hints = {} if self.ended else {"MAP": self.header_hint, "PART": self.hint}
        # A7.1, appendix B.1: one hint for the next part, and one for its header if that is new.
        lines = [
            f'#EXT-X-PRELOAD-HINT:TYPE={kind},URI="{uri}"' for kind, uri in hints.items() if uri
        ]
        lines += [
            f'#EXT-X-RENDITION-REPORT:URI="{report.uri}"'
            f",LAST-MSN={report.last_msn},LAST-PART={report.last_part}"
            for report in self.reports
        ]
        return [*lines, "#EXT-X-ENDLIST"] if self.ended else lines


def _date(date_ns: int) -> str:
    # A9.1: millisecond accuracy and a time zone.
    moment = _EPOCH + timedelta(milliseconds=(date_ns + 500_000) // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
