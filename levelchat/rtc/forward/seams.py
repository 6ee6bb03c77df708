"""What a forwarding core is, whoever implements it: C threads or Python on the event loop.

Comes in: SRTP of publishers, what each subscriber shall get, feedback of subscribers. Goes out:
SRTP to subscribers, and to Python only what needs deciding. The laws F1 to F20 below hold for each
implementation; one test suite sees the same packets from all of them.

Nouns. A *shard* is one UDP socket and its thread. A *route* is one connected peer on one shard:
its addresses and its two SRTP contexts. A *source* is one incoming RTP stream: one track, or one
simulcast layer of it. An *outlet* is one outgoing RTP stream on a route, which carries one source
at a time. Identifiers are numbers above zero that the caller gives (`Numbers.next`), never reused.

All calls come from the event loop's thread, return at once and never wait for a packet to be sent;
they take effect in the order in which they were made. Calls for an id that is gone do nothing.

Receiving
F1  The first byte decides (RFC 7983 §7): 128 to 191 from an address that is bound to a route is
    SRTP of that route (RTCP if the second byte is 192 to 223, RFC 5761 §4); from any other address
    it is counted (`unknown`) and dropped. Everything else goes to `on_datagram`.
F2  What SRTP refuses is counted (`srtp_errors`, also on the route) and dropped. A route takes at
    most MAX_SSRCS different SSRCs; packets of more are dropped before libsrtp sees them.
F3  RTP of an SSRC that is attached goes to its source. Of any other: `on_stray`, at most
    MAX_STRAYS a second and route.
F4  A retransmission (RFC 4588; payload type and SSRC as attached) becomes its original first; an
    empty one (a probe) is dropped. Packets of another payload type than the source's are dropped
    too (only the tap has them). RFC 2198 RED and everything inside Opus pass untouched.
F5  A packet that came before (same source and sequence number) is dropped, and one that is
    older than the history, of which that cannot be known.
    A source whose SSRC changes, or whose numbers jump by more than MAX_DROPOUT, begins anew: its
    history is empty, and every outlet that carries it goes on without a gap (F10).
F6  Header extensions are taken off and only what `ExtensionIds` names is kept (audio level,
    absolute capture time, dependency descriptor); padding is taken off; CSRCs are dropped.
F7  The history keeps the newest `SourceConfig.history` packets. Late packets are forwarded when
    they come, under the number that was reserved for them; those from before the outlet's first
    packet of the source are not.

Sending
F8  An outlet's packets have its SSRC, the payload type of its selection, its own sequence numbers
    and timestamps, marker and payload of the source, the kept extensions under the outlet's ids
    (one-byte form, RFC 8285 §4.2; two-byte if an element is longer than 16 bytes), and padding at
    most (so that GSO can send runs of equal size).
F9  The first source that an outlet carries goes out with its own numbers and timestamps.
F10 When an outlet goes over to another source, or its source begins anew, the first packet has
    the number after the highest sent and a later timestamp: by the distance of the two capture
    times where sender reports of both sources say them and it is between 0 and 10 s, else by the
    time that passed since the last packet's arrival; at least by 1 tick. VP8 picture id (7 or 15
    bits as sent), TL0PICIDX and the dependency descriptor's frame number go on too (by one), on
    each packet after: Chromium drops a key frame whose frame number is lower. What counts as
    captured or arrived before is the packet with the highest number sent. A source that begins
    anew goes on at its next packet, key frame or not.
F11 Video goes over at a packet (the newest, not a late one) that begins a key frame of the new
    source, and until then the old source flows on. In H.264 a key frame begins with a packet that
    holds an SPS, alone or anywhere in a STAP-A. `Selection.at_once` (always for audio) goes over
    at the next packet. An outlet that was paused carries nothing: it starts like at first.
F12 `Selection.replay`: if the outlet carries nothing and the history holds a key frame, what came
    since the newest one's first packet is sent first, REPLAY_BURST packets at once and then
    REPLAY_CHUNK every REPLAY_TICK_NS until it has caught up; then live. Otherwise, and for video
    that waits by F11, `on_key_frame_wanted` is called (F19).
F13 Source 0 pauses the outlet: nothing is sent, numbers stay.
F14 `spatial` and `temporal` are the highest layers that go out; with both at 255 everything does
    (relays). By the dependency descriptor where packets have it: of the decode targets within the
    limits and active, the one with the highest spatial, then temporal id; packets whose frame is
    `not present` in it are left out. Another target counts from a frame on that is a `switch` for
    it and whose references have all gone out (a key frame always is). Otherwise by VP9's and VP8's
    descriptors: layers change between pictures, down at once, spatially up at a key frame,
    temporally up also at a picture of the next higher layer (one at a time) with the layer-sync
    (VP8) or switching-up (VP9) bit. A spatial change that two pictures of the lowest temporal
    layer did not allow wants a key frame (F19). Left-out packets leave no gap in the numbers and
    left-out pictures none in VP8's picture ids. A late packet is judged by what counts when it
    comes and changes nothing; left out, it leaves its number unused. The last packet that goes
    out of a picture has the marker bit: by the end bits of the highest spatial layer let out.
F15 SRTP of one route is only ever made by its shard's thread, in order. Retransmissions use the
    context with `allow_repeat_tx`.
F16 After a sender report of a source, each outlet that carries it sends one (RFC 3550 §6.4.1):
    same NTP time, RTP time as the outlet's, the outlet's own packet and octet counts, then SDES
    with the route's CNAME, once it has sent a packet of that source. The report also goes to
    `on_rtcp` of the publisher's route.

Feedback
F17 NACK is answered from the history (of the source carried before too, while it is open): over
    RTX where the selection has it, else the packet again, with the numbers, marker and counters
    that it had; numbers that nothing went out under or that have left the history get nothing. At
    most RESEND_RATE packets a second and outlet (bucket of RESEND_BURST), and one packet at most
    every RESEND_SPACING_NS.
F18 RR blocks about an outlet's SSRC become `OutletStats` (loss, jitter, and the round-trip from
    LSR/DLSR: since our report with that middle NTP time went out, for the NTP time itself is the
    publisher's); of those about its RTX SSRC only `reports` and the round-trip. REMB becomes
    `RouteStats.remb`.
F19 PLI and FIR about an outlet, and a selection that waits for a key frame, call
    `on_key_frame_wanted(outlet)`, at most every KEY_FRAME_SPACING_NS each.
F20 `on_rtcp` hands over what is left of a route's RTCP, at most MAX_RTCP a second: of a route that
    only subscribes (it has outlets and nothing attached) the packets that are none of RR, NACK,
    PLI, FIR, REMB, BYE, XR, SDES; of any other the whole compound.

Sizes
F21 `SourceStats.width` and `height` are what the first packet of a key frame says (F11), of which
    one is read every SIZE_SPACING_NS. Nothing is decoded; one that cannot be read says nothing.
"""

import itertools
import socket
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from levelchat.media.codec import Codec
from levelchat.rtc.stun import Address

MAX_SSRCS = 64
"""Of one route, both ways of RTP and RTCP together; libsrtp keeps a state for each."""
MAX_STRAYS = 200
MAX_RTCP = 200
MAX_DROPOUT = 3000
"""Packets (RFC 3550 §A.1)."""
VIDEO_HISTORY = 1024
"""Packets: 3 s of 3 Mbit/s. A power of two."""
AUDIO_HISTORY = 128
REPLAY_BURST = 48
REPLAY_CHUNK = 16
REPLAY_TICK_NS = 5_000_000
"""With REPLAY_CHUNK: 3,200 packets a second, ten times the stream's own rate."""
RESEND_RATE = 1000
RESEND_BURST = 200
RESEND_SPACING_NS = 10_000_000
KEY_FRAME_SPACING_NS = 500_000_000
SIZE_SPACING_NS = 100_000_000
SIZE_SAID = 256
"""Bytes of a payload within which each codec says how large its pictures are."""
SHARD_SUBSCRIBERS = 300
"""Routes with outlets on one shard by default: a burst of ten reaches the last in 12 ms."""
MAX_PACKET = 1500
"""Bytes of one datagram that we forward; what is larger is dropped and counted."""


class ExtensionIds(msgspec.Struct, frozen=True):
    """Local identifiers (RFC 8285 §5) of what is kept; 0: not negotiated."""

    audio_level: int = 0
    capture_time: int = 0
    dependency: int = 0


class SourceConfig(msgspec.Struct, frozen=True):
    """One incoming stream."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int = 0
    """0: none."""
    extensions: ExtensionIds = ExtensionIds()
    history: int = VIDEO_HISTORY
    """Packets; a power of two."""
    tap: bool = False
    """Each packet also goes to `on_packet`, as it came (retransmissions too, unopened)."""
    gaps: bool = False
    """`on_gap` and `on_filled` are called (for whoever asks the publisher again)."""


class OutletConfig(msgspec.Struct, frozen=True):
    """One outgoing stream."""

    ssrc: int
    clock_rate: int
    is_video: bool
    rtx_ssrc: int = 0
    """0: retransmissions go as they went before."""
    extensions: ExtensionIds = ExtensionIds()


class Selection(msgspec.Struct, frozen=True):
    """What an outlet shall carry from now on."""

    source: int = 0
    """0: nothing."""
    payload_type: int = 0
    rtx_payload_type: int = 0
    spatial: int = 255
    temporal: int = 255
    replay: bool = False
    at_once: bool = False


class SourceStats(msgspec.Struct):
    """Counts since the source was opened."""

    packets: int = 0
    bytes: int = 0
    """Of payload."""
    lost: int = 0
    """Numbers that never came, as far as the history says."""
    duplicates: int = 0
    highest_sequence: int = 0
    """Cycles in the upper 16 bits (RFC 3550 §6.4.1)."""
    first_sequence: int = 0
    jitter: int = 0
    """Ticks (RFC 3550 §6.4.1)."""
    ssrc: int = 0
    """Of the newest packet; 0 before the first."""
    restarts: int = 0
    key_frames: int = 0
    last_packet_ns: int = 0
    """Arrival of the newest, by `Clock.now_ns`; 0 before the first."""
    audio_level: int = 127
    """-dBov (RFC 6464 §3): the loudest since this was asked last; 127 is silence."""
    last_sender_report: int = 0
    """The middle 32 bits of its NTP timestamp; 0 when none came."""
    last_sender_report_ns: int = 0
    width: int = 0
    """Pixels, of the newest key frame that says it (F21); 0: not known."""
    height: int = 0


class OutletStats(msgspec.Struct):
    """Counts since the outlet was opened, and what its receiver last said."""

    source: int = 0
    """What it carries now."""
    packets: int = 0
    bytes: int = 0
    resent: int = 0
    nacked: int = 0
    """Numbers asked for."""
    unanswered: int = 0
    """Of them, those that got nothing."""
    plis: int = 0
    reports: int = 0
    """Report blocks that came."""
    fraction_lost: int = 0
    """256ths, in the newest report."""
    packets_lost: int = 0
    jitter: int = 0
    round_trip_ns: int = 0
    """0: not known."""


class RouteStats(msgspec.Struct):
    """One route."""

    srtp_packets: int = 0
    srtcp_packets: int = 0
    srtp_errors: int = 0
    remb: int = 0
    """Bits a second; 0: none came."""
    remb_ns: int = 0
    """When, by `Clock.now_ns`."""


class Totals(msgspec.Struct):
    """The whole core, since it was opened."""

    received: int = 0
    forwarded: int = 0
    """RTP packets sent to subscribers, retransmissions included."""
    resent: int = 0
    forwarded_bytes: int = 0
    unknown: int = 0
    srtp_errors: int = 0
    send_errors: int = 0
    """Datagrams that the system did not take."""
    dropped_events: int = 0
    """What Python did not take in time (bounded queue)."""
    dropped_packets: int = 0
    """What a shard did not take from another in time (bounded queue)."""


class SourceEvents(Protocol):
    """What the owner of a source hears; the endpoint finds it by the source's number."""

    def on_packet(self, source: int, packet: bytes, now_ns: int) -> None:
        """A decrypted RTP packet of a source with `tap`."""

    def on_gap(self, source: int, first: int, count: int, now_ns: int) -> None:
        """Sequence numbers (16 bits) that were passed over."""

    def on_filled(self, source: int, sequence: int, now_ns: int) -> None:
        """One of them came after all."""


class OutletEvents(Protocol):
    """What the owner of an outlet hears."""

    def on_key_frame_wanted(self, outlet: int, now_ns: int) -> None:
        """F19."""

    def on_switched(self, outlet: int, source: int, now_ns: int) -> None:
        """The outlet's first packet of *source* has gone out."""


class ForwarderEvents(SourceEvents, OutletEvents, Protocol):
    """Called on the event loop's thread. What it raises is its owner's to catch."""

    def on_datagram(self, shard: int, datagram: bytes, address: Address, now_ns: int) -> None:
        """STUN, DTLS, or nothing we know (F1)."""

    def on_stray(self, route: int, packet: bytes, now_ns: int) -> None:
        """A decrypted RTP packet of an SSRC that no source has (F3). Whoever attaches it may
        hand the packet back by `Forwarder.push`.
        """

    def on_rtcp(self, route: int, packet: bytes, now_ns: int) -> None:
        """A decrypted compound packet (F20)."""

    def on_outgoing(self, route: int, datagram: bytes) -> None:
        """SRTP or SRTCP for a route that is aimed at no address (ICE-TCP)."""


class Forwarder(Protocol):
    """`open`, use, `close`. Constructing it does nothing."""

    name: str
    """`native` or `portable`."""

    def open(self, sockets: Sequence[socket.socket], events: ForwarderEvents) -> None:
        """Takes over reading and writing of bound, non-blocking UDP sockets, one a shard (their
        place in *sockets* is the shard's number); needs the running event loop. The sockets stay
        the caller's to close, after `close`.
        """

    def close(self) -> None:
        """Ends threads and forgets everything; returns within a second."""

    def send(self, shard: int, datagram: bytes, address: Address) -> None:
        """A datagram of STUN or DTLS, as it is."""

    def open_route(self, route: int, shard: int, rx: Any, tx: Any, cname: str) -> None:  # noqa: ANN401 - pylibsrtp.Session has no types
        """*rx* and *tx* are `pylibsrtp.Session`s, and the core's alone from now on. With an id
        that is open it replaces the keys, and all else stays (a new DTLS association).
        """

    def close_route(self, route: int) -> None:
        """Its outlets are closed and its SSRCs detached too."""

    def bind(self, route: int, address: Address) -> None:
        """SRTP from *address* is the route's (F1)."""

    def unbind(self, address: Address, shard: int) -> None: ...

    def aim(self, route: int, address: Address | None) -> None:
        """Where the route's packets go; None: to `on_outgoing`. Before the first call: nowhere."""

    def deliver(self, route: int, datagram: bytes, now_ns: int) -> None:
        """SRTP or SRTCP of the route that came by another way (ICE-TCP)."""

    def send_rtcp(self, route: int, packet: bytes) -> None:
        """An RTCP packet, compound or reduced-size, to be protected and sent."""

    def open_source(self, source: int, config: SourceConfig) -> None: ...

    def close_source(self, source: int) -> None:
        """Outlets that carry it carry nothing."""

    def attach(self, source: int, route: int, ssrc: int, *, repair: bool = False) -> None:
        """RTP with *ssrc* on *route* is *source*'s; with *repair* its retransmissions (F4)."""

    def push(self, source: int, packet: bytes, now_ns: int) -> None:
        """A decrypted packet, as if it had come on a route."""

    def open_outlet(self, outlet: int, route: int, config: OutletConfig) -> None: ...

    def close_outlet(self, outlet: int) -> None: ...

    def select(self, outlet: int, selection: Selection) -> None:
        """F10 to F14. The same source again changes only layers and payload types."""

    def probe(self, outlet: int, bitrate: int, milliseconds: int) -> None:
        """Padding at *bitrate* beside the media, to find out whether there is room: packets with
        nothing but padding on the RTX stream, or where there is none on the outlet's own between
        two pictures. At most 5 Mbit/s and 1 s.
        """

    def source_stats(self, source: int) -> SourceStats: ...

    def outlet_stats(self, outlet: int) -> OutletStats: ...

    def route_stats(self, route: int) -> RouteStats: ...

    def totals(self) -> Totals: ...


class Numbers:
    """Gives identifiers."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def next(self) -> int:
        """One that nobody had."""
        return next(self._count)
