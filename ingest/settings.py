"""Settings of ingest."""

from typing import Literal

import msgspec

from levelchat.rtc.ice_servers import IceServer


class IngestSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section `ingest`: publishers who come in by WHIP."""

    max_publishers: int = 50
    """Publishers at a time; more are refused with 503."""
    max_stage_publishers: int = 50
    """Of them on the stage of one room."""
    takeover: bool = True
    """A second publisher of a room replaces the first; if false, it is refused with 409."""
    preferred_codec: Literal["", "h264", "vp8", "vp9", "av1"] = ""
    """Video codec to choose where the publisher offers it; empty: the publisher's own order."""
    redundant_audio: bool = False
    """Publishers of the stage are asked for redundant audio (RED, RFC 2198), which survives bursts
    of loss for twice the bits. Only subscribers that take it hear them then: Chromium and Safari
    do, Firefox and FFmpeg do not."""
    max_bitrate: int = 8_000_000
    """Bits a second that a publisher may send at most (REMB)."""
    min_bitrate: int = 150_000
    """Bits a second that a publisher is never asked to stay below, whatever is lost (REMB)."""
    first_media_seconds: int = 20
    """How long a publisher may be connected without sending anything."""
    idle_seconds: int = 30
    """How long a publisher may pause all its tracks."""
    report_ms: int = 1000
    """Milliseconds between two RTCP reports to a publisher."""
    ice_servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers that publishers are told of, as `{url, username, credential}`, or
    `{url, secret}` with the secret of a coturn server."""

    def __post_init__(self) -> None:
        _check(self.max_publishers >= 0, "max_publishers is 0 or more")
        _check(self.max_stage_publishers >= 0, "max_stage_publishers is 0 or more")
        _check(
            0 < self.min_bitrate <= self.max_bitrate,
            "min_bitrate and max_bitrate are bits a second, the first not above the second",
        )
        _check(self.report_ms >= 100, "report_ms is 100 or more")  # noqa: PLR2004 - RTCP, not media
        _check(
            self.first_media_seconds > 0 and self.idle_seconds > 0,
            "first_media_seconds and idle_seconds are more than 0",
        )


def _check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ValueError(otherwise)
