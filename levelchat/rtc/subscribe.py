"""Answers offers that want to receive: WHEP (draft-ietf-wish-whep).

Comes in: an offer. Goes out: a `Subscription`, whose slots say what could be sent on each m-line,
and the answer's text. Which stream goes into which slot, and when, is not known here.
"""

from collections.abc import Iterator, Mapping

import msgspec

from levelchat.media.codec import Codec, Kind
from levelchat.rtc import header_extensions, sdp_writing
from levelchat.rtc.bundling import check_bundle, check_payload_types, our_setup
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.formats import FEEDBACK, misfit, receiver_of, red_of, refusal, repair_of
from levelchat.rtc.forward.seams import ExtensionIds, OutletConfig
from levelchat.rtc.sdp import Extension, Format, Media, Offer
from levelchat.rtc.sdp_writing import LocalSide

OPUS_ECHOED = ("minptime", "useinbandfec", "stereo", "usedtx", "maxplaybackrate")
"""Of a receiver's Opus parameters (RFC 7587 §6.1), those that are agreed to by repeating them."""


class SlotFormat(msgspec.Struct, frozen=True):
    """Under which payload types a stream goes into a slot."""

    payload_type: int
    rtx_payload_type: int = 0
    """0: none."""


class UsableFormat(msgspec.Struct, frozen=True):
    """A format of an m-line that we speak."""

    codec: Codec
    format: Format
    rtx: Format | None = None
    red: Format | None = None
    """Redundant audio made of it (RFC 2198)."""

    @property
    def all(self) -> tuple[Format, ...]:
        """It and what is made of it."""
        return tuple(item for item in (self.format, self.rtx, self.red) if item is not None)

    @property
    def feedback(self) -> tuple[str, ...]:
        """What both sides know."""
        return tuple(item for item in FEEDBACK if item in self.format.feedback)


class Slot(msgspec.Struct, frozen=True):
    """One m-line that we may send on. What it carries can change between its formats at any
    packet, without telling the peer.
    """

    index: int
    """Of the m-line."""
    mid: str
    kind: Kind
    formats: tuple[UsableFormat, ...]
    """In the peer's order of preference; at least one."""
    extensions: ExtensionIds
    media: Media

    def format_for(self, codec: Codec, fmtp: str = "", *, red: bool = False) -> SlotFormat | None:
        """For a stream of *codec* with its publisher's *fmtp*; None: the peer cannot take it.
        *red*: the stream is redundant audio made of it.
        """
        if red:
            numbers = (item.red.payload_type for item in self.formats if item.red)
            return next(map(SlotFormat, numbers), None)
        found = [
            (distance, place)
            for place, usable in enumerate(self.formats)
            if (distance := misfit(codec, fmtp, usable.format)) is not None
        ]
        if not found:
            return None
        best = self.formats[min(found)[1]]
        return SlotFormat(
            payload_type=best.format.payload_type,
            rtx_payload_type=best.rtx.payload_type if best.rtx else 0,
        )

    def outlet_config(self, ssrc: int, rtx_ssrc: int) -> OutletConfig:
        """What the forwarding core must know of it."""
        return OutletConfig(
            ssrc=ssrc,
            rtx_ssrc=rtx_ssrc if self.has_rtx else 0,
            clock_rate=self.formats[0].codec.clock_rate,
            is_video=self.kind is Kind.VIDEO,
            extensions=self.extensions,
        )

    @property
    def has_rtx(self) -> bool:
        """Retransmissions can have a stream of their own."""
        return any(usable.rtx for usable in self.formats)

    @property
    def remb(self) -> bool:
        """The peer says how much it can take."""
        return any("goog-remb" in usable.feedback for usable in self.formats)


class Subscription(msgspec.Struct, frozen=True):
    """What an offer can be sent."""

    setup: str
    """Our role in DTLS: `passive` or `active`."""
    slots: tuple[Slot, ...]
    """In the order of the m-lines; at least one."""
    rtcp_rsize: bool
    """Reduced-size RTCP may be sent (RFC 5506)."""


class Outgoing(msgspec.Struct, frozen=True):
    """What a slot's stream is called, whatever it carries."""

    ssrc: int
    rtx_ssrc: int
    """0: none."""
    cname: str
    stream: str
    """Receivers play tracks of one stream in step (RFC 8830)."""
    track: str


def subscribe(offer: Offer) -> Subscription:
    """All m-lines of the offer that receive something that we speak."""
    setup = our_setup(offer)
    slots = [
        slot
        for index, media in enumerate(offer.media)
        if (slot := slot_of(index, media)) is not None
    ]
    _refuse_deaf_kinds(offer, slots)
    used = [slot.media for slot in slots]
    check_bundle(offer, used)
    if not all(media.mid for media in used):
        raise UnsupportedSdp("every m-line needs a=mid")
    check_payload_types(item for slot in slots for usable in slot.formats for item in usable.all)
    return Subscription(setup, tuple(slots), all(media.rtcp_rsize for media in used))


def slot_of(index: int, media: Media) -> Slot | None:
    """The m-line as a slot; None if it receives nothing that we speak."""
    if not (media.is_rtp and media.receives and media.kind in set(Kind)):
        return None
    kind = Kind(media.kind)
    formats = tuple(
        _usable(codec, media, item)
        for item in media.formats
        if (codec := receiver_of(item)) is not None and codec.kind is kind
    )
    if not formats:
        return None
    taken = header_extensions.taken(media, header_extensions.FORWARDED, sending=True)
    return Slot(
        index=index,
        mid=media.mid,
        kind=kind,
        formats=formats,
        extensions=header_extensions.forwarded_ids(taken),
        media=media,
    )


def _usable(codec: Codec, media: Media, item: Format) -> UsableFormat:
    number = item.payload_type
    return UsableFormat(
        codec=codec,
        format=item,
        rtx=repair_of(media, number),
        red=red_of(media, number) if codec is Codec.OPUS else None,
    )


def render_subscription(
    offer: Offer,
    subscription: Subscription,
    outgoing: Mapping[int, Outgoing],
    local: LocalSide,
) -> str:
    """The answer. Slots whose index is not in *outgoing* are rejected, like m-lines without."""
    slots = {slot.index: slot for slot in subscription.slots if slot.index in outgoing}
    mids = [slot.mid for slot in slots.values() if slot.mid in offer.bundle]
    lines = [*sdp_writing.head(local, mids, mixed=offer.extmap_mixed)]
    for index, media in enumerate(offer.media):
        if index in slots:
            lines += _accepted(slots[index], outgoing[index], subscription, local)
        else:
            lines += sdp_writing.rejected(media)
    return sdp_writing.text(lines)


def _accepted(
    slot: Slot, sent: Outgoing, subscription: Subscription, local: LocalSide
) -> Iterator[str]:
    media = slot.media
    formats = [item for usable in slot.formats for item in usable.all]
    # WHEP: "The WHEP endpoint MUST use "sendonly" attribute in the SDP answer", to sendrecv too.
    yield from sdp_writing.section(media.kind, media.protocol, media.mid, "sendonly", formats)
    yield from sdp_writing.transport(local, subscription.setup, rsize=media.rtcp_rsize)
    yield from sdp_writing.extmaps(_kept(media))
    for usable in slot.formats:
        yield from sdp_writing.codec(
            usable.format, usable.codec, usable.feedback, _parameters(usable)
        )
        if usable.rtx is not None:
            yield from sdp_writing.repair(usable.rtx, usable.format.clock_rate)
        if usable.red is not None:
            yield from sdp_writing.redundancy(usable.red)
    rtx_ssrc = sent.rtx_ssrc if slot.has_rtx else 0
    yield from sdp_writing.sources(sent.ssrc, rtx_ssrc, sent.cname, f"{sent.stream} {sent.track}")


def _kept(media: Media) -> Iterator[Extension]:
    return header_extensions.taken(media, header_extensions.FORWARDED, sending=True)


def _parameters(usable: UsableFormat) -> str:
    if usable.codec is not Codec.OPUS:
        return sdp_writing.configuration(usable.codec, usable.format.fmtp)
    offered = usable.format.parameters
    echoed = [f"{name}={offered[name]}" for name in OPUS_ECHOED if name in offered]
    # RFC 7587 §7.1: what we send may be stereo; a receiver that wants mono mixes it down.
    return ";".join([*echoed, "sprop-stereo=1"])


def _refuse_deaf_kinds(offer: Offer, slots: list[Slot]) -> None:
    """RFC 9725 §4.4.3 holds here too: half a session "can be misleading to end users"."""
    for kind in Kind:
        wanted = [
            media
            for media in offer.media
            if media.kind == kind and media.is_rtp and media.receives
        ]
        if wanted and not any(slot.kind is kind for slot in slots):
            raise refusal(kind, wanted)
    if not slots:
        raise UnsupportedSdp("the offer receives neither audio nor video: use a=recvonly")
