"""What every session's transport needs: one bundle, RTCP on the same port, DTLS roles that fit.

Comes in: a peer's SDP and the m-lines that are used of it. Goes out: our role, or an error that
names the line to add.
"""

from collections.abc import Iterable, Sequence

from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.sdp import Format, Media, Offer

DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})
"""Hash functions of a=fingerprint that we can check; RFC 8122 §5 forbids MD2 and MD5."""

SETUPS = {"actpass": "passive", "active": "passive", "passive": "active"}
"""Our a=setup by theirs. RFC 8842 §5.3 recommends that the answerer be active; we stay passive
where we may, as every WHIP server does: the peer knows when its path is open."""


def our_setup(offer: Offer) -> str:
    """Our role in DTLS: `passive` or `active`."""
    if offer.setup not in SETUPS:
        raise UnsupportedSdp(f"a=setup:{offer.setup[:20]} is not actpass, active or passive")
    check_fingerprints(offer)
    return SETUPS[offer.setup]


def check_fingerprints(described: Offer) -> None:
    """The peer's certificate can be recognised."""
    if not any(fingerprint.algorithm in DIGESTS for fingerprint in described.fingerprints):
        raise UnsupportedSdp(f"the SDP needs an a=fingerprint of {', '.join(sorted(DIGESTS))}")


def check_bundle(offer: Offer, used: Sequence[Media]) -> None:
    """The m-lines in *used* can share one transport."""
    for media in used:
        # RFC 9725 §4.4.1: client and server SHALL use RTP/RTCP multiplexing.
        if not media.rtcp_mux:
            raise UnsupportedSdp("every m-line needs a=rtcp-mux")
    # RFC 9725 §4.4.1: "Each "m=" section MUST be part of a single BUNDLE group."
    if len(used) > 1 and any(media.mid not in offer.bundle for media in used):
        raise UnsupportedSdp("all m-lines must be in one a=group:BUNDLE")


def check_payload_types(used: Iterable[Format]) -> None:
    """RFC 9143 §9.1: a payload type in a bundle means the same codec in each of its m-lines."""
    meanings: dict[int, tuple[str, int, str]] = {}
    for item in used:
        meaning = (item.name, item.clock_rate, item.fmtp)
        if meanings.setdefault(item.payload_type, meaning) != meaning:
            raise UnsupportedSdp(
                f"payload type {item.payload_type} means two things in one bundle"
            )
