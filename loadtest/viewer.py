"""What one viewer of a broadcast asks for next, on the `m3u8` library.

Comes in: playlist texts and the times at which things arrived. Goes out: URLs to ask for, and
what a viewer would have felt: lateness and stalls. It opens no connection and knows no gevent, so
that `locustfile.py` holds nothing but the requests.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

import m3u8  # type: ignore[import-untyped]  # the library ships no types

from levelchat.client.timing import Playback
from levelchat.media.time import NANOSECOND

VIDEO, AUDIO = "video", "audio"


class NotPlayable(Exception):
    """What came is not a playlist that a low-latency viewer can play."""


@dataclass(frozen=True)
class Fetch:
    """A part to fetch, or a whole segment where its parts are not listed."""

    track: str
    msn: int
    index: int
    url: str
    start_ns: int
    """Its date, nanoseconds since the Unix epoch."""
    duration_ns: int

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns


def choose(text: str, url: str) -> dict[str, str]:
    """Track name to playlist URL: the first variant, and the audio that goes with it."""
    playlist = _parse(text, url)
    if not playlist.playlists:
        raise NotPlayable(f"{url} names no variant")
    variant = playlist.playlists[0]
    chosen = {VIDEO: urljoin(url, variant.uri)}
    group = variant.stream_info.audio
    for media in playlist.media:
        if media.type == "AUDIO" and media.group_id == group and media.uri:
            chosen[AUDIO] = urljoin(url, media.uri)
            break
    return chosen


class Track:
    """One media playlist, followed part by part."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.ended = False
        self.hold_back_ns = 0
        self.part_target_ns = 0
        self.init_url: str | None = None
        self._next: tuple[int, int] | None = None
        self._fetched: tuple[int, int] = (-1, -1)

    def reload_url(self) -> str:
        """The playlist, held by the server until it lists what is new to us."""
        if self._next is None:
            return self.url
        msn, part = self._next
        return f"{self.url}{'&' if '?' in self.url else '?'}_HLS_msn={msn}&_HLS_part={part}"

    def take(self, text: str) -> list[Fetch]:
        """The next version of the playlist; gives what to fetch, in order."""
        playlist = _parse(text, self.url)
        if playlist.part_inf is None or playlist.server_control is None:
            raise NotPlayable(f"{self.url} offers no parts")
        self.ended = bool(playlist.is_endlist)
        self.part_target_ns = _ns(playlist.part_inf.part_target)
        self.hold_back_ns = _ns(playlist.server_control.part_hold_back or 0)
        listed = self._listed(playlist)
        if not listed:
            raise NotPlayable(f"{self.url} lists no media")
        if self._next is None:
            listed = _from_hold_back(listed, self.hold_back_ns)
        new = [item for item in listed if (item.msn, item.index) > self._fetched]
        self._advance(playlist)
        if new:
            self._fetched = (new[-1].msn, new[-1].index)
        return new

    def _listed(self, playlist: m3u8.M3U8) -> list[Fetch]:
        listed: list[Fetch] = []
        for number, segment in enumerate(playlist.segments):
            msn = playlist.media_sequence + number
            if segment.init_section is not None:
                self.init_url = segment.init_section.absolute_uri
            for index, part in enumerate(segment.parts):
                if part.gap != "YES" and part.program_date_time is not None:
                    start = _date_ns(part.program_date_time)
                    listed.append(
                        Fetch(self.name, msn, index, part.absolute_uri, start, _ns(part.duration))
                    )
        return listed

    def _advance(self, playlist: m3u8.M3U8) -> None:
        last = playlist.segments[-1]
        msn = playlist.media_sequence + len(playlist.segments) - 1
        self._next = (msn + 1, 0) if last.uri else (msn, len(last.parts))


class Viewer:
    """What one viewer feels: when the picture would start, stand still, and how late parts are."""

    def __init__(self, tracks: tuple[str, ...], start_ns: int, part_target_ns: int) -> None:
        self._playback = Playback(
            start_ns, tracks, first_ns=part_target_ns, ahead_ns=part_target_ns
        )
        self._earliest_ns: int | None = None
        self._told = 0

    def arrived(self, part: Fetch, now_ns: int) -> None:
        """*part* is in the buffer."""
        self._playback.append(part.track, part.end_ns, now_ns)

    def lateness_ns(self, part: Fetch, now_ns: int) -> int:
        """How much later *part* arrived, new as it was, than at the best pace seen."""
        age = now_ns - part.end_ns
        self._earliest_ns = age if self._earliest_ns is None else min(self._earliest_ns, age)
        return age - self._earliest_ns

    def delay_ns(self, now_ns: int) -> int:
        """From capture to the viewer's eye, were this a real player."""
        self._playback.advance(now_ns)
        return now_ns - self._playback.position_ns

    def new_stalls_ns(self) -> list[int]:
        """How long each stall was that ended since the last call."""
        stalls = [stall.duration_ns for stall in self._playback.stalls[self._told :]]
        self._told = len(self._playback.stalls)
        return stalls


def _from_hold_back(listed: list[Fetch], hold_back_ns: int) -> list[Fetch]:
    """A viewer begins PART-HOLD-BACK behind the end (§4.4.3.8)."""
    start = listed[-1].end_ns - hold_back_ns
    return [item for item in listed if item.end_ns > start]


def _parse(text: str, url: str) -> m3u8.M3U8:
    if not text.startswith("#EXTM3U"):
        raise NotPlayable(f"{url} is no playlist")
    try:
        return m3u8.loads(text, uri=url)
    except (ValueError, m3u8.ParseError) as error:
        raise NotPlayable(f"{url}: {error}") from error


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECOND)


def _date_ns(date: datetime) -> int:
    return round(date.timestamp() * 1_000_000) * 1000
