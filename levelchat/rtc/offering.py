"""Offers of ours: to a subscriber who asks with an empty body, and to a node below.

Comes in: the tracks to send, and the answer. Goes out: the offer's text, and what the answer takes
of it, as the slots that an offer of the peer's would have had. Which streams these are is not
known here.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.rtc import header_extensions, sdp_writing
from levelchat.rtc.bundling import check_bundle, check_fingerprints
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.formats import FEEDBACK
from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.sdp import Format, Media, Offer
from levelchat.rtc.sdp_writing import LocalSide
from levelchat.rtc.subscribe import Slot, UsableFormat, slot_of

PROTOCOL = "UDP/TLS/RTP/SAVPF"
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"

EXTENSIONS = {
    Kind.AUDIO: ExtensionIds(audio_level=1, capture_time=2),
    Kind.VIDEO: ExtensionIds(capture_time=2, dependency=3),
}
"""An identifier means the same on all m-lines of a bundle (RFC 9143)."""

_DYNAMIC = (*range(96, 128), *range(35, 64))
"""RFC 3551 §3, and those that RFC 5761 §4 leaves beside RTCP's."""


class OfferedFormat(msgspec.Struct, frozen=True):
    """One codec that a track may be sent as."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int = 0
    """0: none."""
    fmtp: str = ""


class SentTrack(msgspec.Struct, frozen=True):
    """One m-line of our offer."""

    mid: str
    kind: Kind
    formats: tuple[OfferedFormat, ...]
    ssrc: int
    rtx_ssrc: int = 0
    """0: none."""
    stream: str = "-"
    track: str = ""
    cname: str = "levelchat"
    extensions: ExtensionIds = ExtensionIds()

    @property
    def msid(self) -> str:
        """RFC 8830: stream and track."""
        return f"{self.stream} {self.track}".rstrip()


class AnsweredTrack(msgspec.Struct, frozen=True):
    """What the answer takes of a track."""

    mid: str
    slot: Slot | None
    """Just as of an offer of the peer's; None: it does not want the track."""

    @property
    def accepted(self) -> bool:
        return self.slot is not None

    @property
    def formats(self) -> tuple[UsableFormat, ...]:
        """In the peer's order."""
        return self.slot.formats if self.slot is not None else ()


BROWSER_FORMATS = {
    Kind.AUDIO: (OfferedFormat(Codec.OPUS, 111, fmtp=OPUS_PARAMETERS),),
    Kind.VIDEO: (
        OfferedFormat(Codec.VP8, 96, 97),
        *(
            OfferedFormat(
                Codec.H264,
                payload_type,
                payload_type + 1,
                f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}",
            )
            for payload_type, profile in ((102, "42e01f"), (104, "4d001f"), (106, "64001f"))
        ),
        OfferedFormat(Codec.VP9, 98, 99, "profile-id=0"),
        OfferedFormat(Codec.AV1, 45, 46, "level-idx=8;profile=0;tier=0"),
    ),
}
"""All that we forward, for a subscriber who may take any of it."""


def feed_formats(streams: Iterable[tuple[Codec, str]]) -> tuple[OfferedFormat, ...]:
    """One for each stream, given by codec and `fmtp`; streams of the same share payload types."""
    numbers = iter(_DYNAMIC)
    known: dict[tuple[Codec, str], OfferedFormat] = {}
    formats = []
    for codec, fmtp in streams:
        if (codec, fmtp) not in known:
            chosen = next(numbers, 0)
            repair = next(numbers, 0) if codec.kind is Kind.VIDEO else 0
            if not chosen or (codec.kind is Kind.VIDEO and not repair):
                raise UnsupportedSdp("one session has payload types for 30 video formats")
            known[codec, fmtp] = OfferedFormat(codec, chosen, repair, fmtp)
        formats.append(known[codec, fmtp])
    return tuple(formats)


def render_offer(tracks: Sequence[SentTrack], local: LocalSide) -> str:
    """The offer: an m-line for each track, all in one bundle."""
    lines = [*sdp_writing.head(local, (track.mid for track in tracks))]
    for track in tracks:
        lines += _section(track, local)
    return sdp_writing.text(lines)


def read_answer(answer: Offer, tracks: Sequence[SentTrack]) -> tuple[AnsweredTrack, ...]:
    """What the answer takes of each of *tracks*, which were offered in this order."""
    check_fingerprints(answer)
    # RFC 3264 §6: "For each "m=" line in the offer, there MUST be a corresponding "m=" line in
    # the answer", in the same order.
    if [media.mid for media in answer.media] != [track.mid for track in tracks]:
        raise UnsupportedSdp(
            "the answer needs the m-lines of the offer, in its order and with its a=mid"
        )
    answered = tuple(
        AnsweredTrack(track.mid, _taken(index, media, track))
        for index, (media, track) in enumerate(zip(answer.media, tracks, strict=True))
    )
    used = [item.slot.media for item in answered if item.slot is not None]
    if not used:
        raise UnsupportedSdp("the answer takes nothing that was offered: use a=recvonly")
    check_bundle(answer, used)
    return answered


def _section(track: SentTrack, local: LocalSide) -> Iterator[str]:
    formats = [item for offered in track.formats for item in _numbers(offered, track)]
    yield from sdp_writing.section(track.kind.value, PROTOCOL, track.mid, "sendonly", formats)
    yield from sdp_writing.transport(local, "actpass", rsize=True)
    yield from sdp_writing.extmaps(header_extensions.offered(track.extensions))
    feedback = FEEDBACK if track.kind is Kind.VIDEO else ("nack",)
    for offered in track.formats:
        media, *repair = _numbers(offered, track)
        yield from sdp_writing.codec(media, offered.codec, feedback, offered.fmtp)
        for item in repair:
            yield from sdp_writing.repair(item, media.clock_rate)
    yield from sdp_writing.sources(track.ssrc, track.rtx_ssrc, track.cname, track.msid)


def _numbers(offered: OfferedFormat, track: SentTrack) -> list[Format]:
    """The format, and its retransmissions' where the track has an SSRC for them."""
    formats = [
        Format(
            payload_type=offered.payload_type,
            name=offered.codec.value,
            clock_rate=offered.codec.clock_rate,
            channels=2 if offered.codec is Codec.OPUS else 1,
            fmtp=offered.fmtp,
        )
    ]
    if offered.rtx_payload_type and track.rtx_ssrc:
        apt = f"apt={offered.payload_type}"
        formats.append(Format(offered.rtx_payload_type, "rtx", formats[0].clock_rate, fmtp=apt))
    return formats


def _taken(index: int, media: Media, track: SentTrack) -> Slot | None:
    if media.kind != track.kind:
        raise UnsupportedSdp(f"m-line {track.mid} of the answer is not {track.kind.value}")
    if media.rejected or media.direction == "inactive":
        return None
    # RFC 3264 §6.1: "If a stream is offered as sendonly, the corresponding stream MUST be marked
    # as recvonly or inactive in the answer."
    if media.direction != "recvonly":
        raise UnsupportedSdp(f"m-line {track.mid} of the answer is not a=recvonly")
    slot = slot_of(index, media)
    if slot is None:
        return None
    formats = tuple(
        msgspec.structs.replace(
            usable, rtx=usable.rtx if _repairs(usable, track) else None, red=None
        )
        for usable in slot.formats
        if any(_same(usable, offered) for offered in track.formats)
    )
    if not formats:
        raise UnsupportedSdp(f"m-line {track.mid} of the answer has no payload type of the offer")
    return msgspec.structs.replace(
        slot,
        formats=formats,
        extensions=header_extensions.common(slot.extensions, track.extensions),
    )


def _same(usable: UsableFormat, offered: OfferedFormat) -> bool:
    numbers = (usable.codec, usable.format.payload_type)
    return numbers == (offered.codec, offered.payload_type)


def _repairs(usable: UsableFormat, track: SentTrack) -> bool:
    return usable.rtx is not None and any(
        _same(usable, offered) and usable.rtx.payload_type == offered.rtx_payload_type
        for offered in track.formats
    )
