"""The RTP header extensions that we know, and which of those offered are used (RFC 8285 §6).

Comes in: the extensions of an m-line. Goes out: those that we take, and their identifiers.
"""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.sdp_media import Extension, Media

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
CAPTURE_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
DEPENDENCY_URI = (
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)

ROUTING = (MID_URI, RID_URI, REPAIRED_RID_URI)
"""By which a receiver tells streams apart; they end at each hop."""
FORWARDED = (AUDIO_LEVEL_URI, CAPTURE_TIME_URI, DEPENDENCY_URI)
"""That go from a publisher to its subscribers, in the order of `ExtensionIds`. Not
video-orientation: without it senders turn the picture themselves, as everyone behind us expects.
"""

IDS = range(1, 256)
"""RFC 8285 §5: larger identifiers are provisional, and none of a packet's."""


def taken(media: Media, wanted: Collection[str], *, sending: bool) -> Iterator[Extension]:
    """Of the offered those in *wanted* whose direction allows us to send, or to receive, them."""
    directions = ("", "sendrecv", "recvonly" if sending else "sendonly")
    for extension in media.extensions:
        known = extension.uri in wanted and extension.direction in directions
        if known and extension.identifier in IDS:
            yield extension


def identifier(extensions: Iterable[Extension], uri: str) -> int:
    """Of the extension with *uri*; 0 without."""
    return next((item.identifier for item in extensions if item.uri == uri), 0)


def forwarded_ids(extensions: Iterable[Extension]) -> ExtensionIds:
    """The identifiers of what is forwarded."""
    kept = tuple(extensions)
    return ExtensionIds(
        audio_level=identifier(kept, AUDIO_LEVEL_URI),
        capture_time=identifier(kept, CAPTURE_TIME_URI),
        dependency=identifier(kept, DEPENDENCY_URI),
    )


def offered(identifiers: ExtensionIds) -> tuple[Extension, ...]:
    """The extensions to offer under *identifiers*."""
    numbered = zip(FORWARDED, msgspec.structs.astuple(identifiers), strict=True)
    return tuple(Extension(uri, number, "") for uri, number in numbered if number)


def common(ours: ExtensionIds, theirs: ExtensionIds) -> ExtensionIds:
    """What both have under the same identifier."""
    pairs = zip(msgspec.structs.astuple(ours), msgspec.structs.astuple(theirs), strict=True)
    return ExtensionIds(*(one if one == other else 0 for one, other in pairs))
