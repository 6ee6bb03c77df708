"""A broadcast that exists only as arithmetic: its playlists and media at any instant.

Written from docs/llhls-rules.md alone, as a second opinion on our own edge, and easy to break in
one place: tests do so to see that each rule notices.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from packager.cmaf.chunk import Sample, chunk
from packager.cmaf.header import audio_header, video_header

NANOSECOND = 1_000_000_000
SPS = bytes.fromhex("6742c01ed9005005bb016a02020280000003008000001e478b17cb")
PPS = bytes.fromhex("68cb83cb20")
ASC = bytes.fromhex("1190")

MULTIVARIANT = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Sound",LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a128.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="aac"
v360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,AVERAGE-BANDWIDTH=400000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=426x240,FRAME-RATE=30.000,AUDIO="aac"
v240.m3u8
"""


@dataclass(frozen=True)
class Rung:
    """One media playlist."""

    name: str
    timescale: int
    frame: int
    """Ticks of a frame."""
    video: bool


RUNGS = {
    "v360": Rung("v360", 90_000, 3_000, video=True),
    "v240": Rung("v240", 90_000, 3_000, video=True),
    "a128": Rung("a128", 48_000, 1_200, video=False),
}


@dataclass(frozen=True)
class Broadcast:
    """Began at *began_ns* with segment 0, and has gone on ever since."""

    began_ns: int = 1_700_000_000 * NANOSECOND
    part_ms: int = 500
    parts: int = 4
    """In a segment."""
    window: int = 8
    """Segments listed."""
    session: str = "s1"
    can_skip: bool = False
    discontinuity: int | None = None
    """A segment at which another program begins."""

    @property
    def target(self) -> int:
        return self.part_ms * self.parts // 1000

    def moment(self, msn: int, index: int) -> int:
        """When part *index* of *msn* is complete."""
        return self.began_ns + (msn * self.parts + index + 1) * self.part_ms * 1_000_000

    def newest(self, now_ns: int) -> tuple[int, int]:
        """The newest part that is complete."""
        count = (now_ns - self.began_ns) // (self.part_ms * 1_000_000)
        return divmod(count - 1, self.parts)

    def playlist(self, name: str, newest: tuple[int, int], *, ended: bool = False) -> str:
        """The media playlist when *newest* had just been listed."""
        lines = self._head(newest)
        first = self._first(newest)
        for msn in range(first, newest[0] + 1):
            lines += self._segment(name, msn, newest)
        if ended:
            lines.append("#EXT-X-ENDLIST")
        else:
            lines += self._tail(name, newest)
        return "\n".join(lines) + "\n"

    def delta(self, name: str, newest: tuple[int, int], boundary_segments: int = 6) -> str:
        """The delta update of the same version."""
        full = self.playlist(name, newest)
        keep = newest[0] - boundary_segments
        skipped = keep - self._first(newest)
        if skipped <= 0:
            return full
        head, rest = full.split("#EXT-X-PROGRAM-DATE-TIME", 1)
        pieces = rest.split("#EXT-X-PROGRAM-DATE-TIME")
        body = "".join(f"#EXT-X-PROGRAM-DATE-TIME{piece}" for piece in pieces[skipped:])
        head = head.replace("VERSION:6", "VERSION:9")
        return f"{head}#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n{body}"

    def init(self, name: str) -> bytes:
        if RUNGS[name].video:
            return video_header(
                sps=SPS, pps=PPS, width=640, height=360, timescale=90_000, max_bitrate=800_000
            )
        return audio_header(config=ASC, sample_rate=48_000, channels=2, bitrate=128_000)

    def part(self, name: str, msn: int, index: int) -> bytes:
        rung = RUNGS[name]
        count = self.part_ms * rung.timescale // 1000 // rung.frame
        number = msn * self.parts + index
        first_sync = index == 0 or not rung.video
        samples = [
            Sample(
                data=bytes([number % 256]) * (900 if rung.video else 80),
                duration=rung.frame,
                sync=(first_sync and position == 0) or not rung.video,
            )
            for position in range(count)
        ]
        return chunk(
            sequence=number + 1,
            decode_time=number * count * rung.frame,
            samples=samples,
            wall_ns=self.moment(msn, index - 1),
            segment_start=index == 0,
        )

    def segment(self, name: str, msn: int) -> bytes:
        return b"".join(self.part(name, msn, index) for index in range(self.parts))

    def but(self, **changes: object) -> "Broadcast":
        return replace(self, **changes)  # type: ignore[arg-type]

    def _first(self, newest: tuple[int, int]) -> int:
        complete = newest[0] + (newest[1] == self.parts - 1)
        return max(0, complete - self.window)

    def _head(self, newest: tuple[int, int]) -> list[str]:
        skip = f",CAN-SKIP-UNTIL={6 * self.target}.0" if self.can_skip else ""
        first = self._first(newest)
        passed = self.discontinuity is not None and self.discontinuity < first
        return [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{self.target}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * self.part_ms / 1000}"
            + skip,
            f"#EXT-X-PART-INF:PART-TARGET={self.part_ms / 1000}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{int(passed)}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]

    def _segment(self, name: str, msn: int, newest: tuple[int, int]) -> list[str]:
        date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            milliseconds=self.moment(msn, -1) // 1_000_000
        )
        lines = ["#EXT-X-DISCONTINUITY"] if msn == self.discontinuity else []
        if msn == self.discontinuity or msn == self._first(newest):
            lines.append(f'#EXT-X-MAP:URI="{self.session}/{name}/init.mp4"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date.isoformat(timespec='milliseconds')}")
        listed = self.parts if msn < newest[0] else newest[1] + 1
        if newest[0] - msn <= 3:
            for index in range(listed):
                independent = index == 0 or not RUNGS[name].video
                lines.append(
                    f"#EXT-X-PART:DURATION={self.part_ms / 1000:.5f},"
                    f'URI="{self.session}/{name}/{msn}.{index}.m4s"'
                    + (",INDEPENDENT=YES" if independent else "")
                )
        if listed == self.parts:
            duration = self.parts * self.part_ms / 1000
            lines += [f"#EXTINF:{duration:.5f},", f"{self.session}/{name}/{msn}.m4s"]
        return lines

    def _tail(self, name: str, newest: tuple[int, int]) -> list[str]:
        msn, index = newest
        upcoming = (msn, index + 1) if index + 1 < self.parts else (msn + 1, 0)
        hint = f"{self.session}/{name}/{upcoming[0]}.{upcoming[1]}.m4s"
        return [
            f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{hint}"',
            *(
                f'#EXT-X-RENDITION-REPORT:URI="{other}.m3u8",LAST-MSN={msn},LAST-PART={index}'
                for other in RUNGS
                if other != name
            ),
        ]
