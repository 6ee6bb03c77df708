"""SDP offers, answers and trickle-ICE fragments as values (RFC 8866, RFC 8829, RFC 8840).

Comes in: the text of a peer. Goes out: an `Offer` or a `Fragment`, or `MalformedSdp` that names
the line. Never decides what we accept of it, and keeps what it does not know out of the value.
"""

import ipaddress
import re
from typing import NamedTuple

import msgspec

from levelchat.rtc.errors import MalformedSdp
from levelchat.rtc.sdp_layers import Rid
from levelchat.rtc.sdp_lines import Attributes, Section, first, sections
from levelchat.rtc.sdp_media import Extension, Format, Media, parse_media

__all__ = [
    "Extension",
    "Fingerprint",
    "Format",
    "Fragment",
    "IceParameters",
    "Media",
    "Offer",
    "RemoteCandidate",
    "Rid",
    "parse_answer",
    "parse_fragment",
    "parse_offer",
]

MAX_CANDIDATES = 64
"""That are kept; a machine with more addresses is reached at these."""

_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
"""RFC 8839 §5.4: "ice-ufrag: 4*256ice-char"."""
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
"""RFC 8839 §5.4: "password: 22*256ice-char"."""
_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} 1 (udp|tcp) [0-9]{1,10} ([0-9A-Fa-f.:]{2,45}) ([0-9]{1,5}) typ [a-z]+"
    r"(?: .*)?",
    re.IGNORECASE,
)
"""RFC 8839 §5.1, of component 1 and with an IP address."""


class IceParameters(NamedTuple):
    """One side's short-term credentials of an ICE session."""

    ufrag: str
    password: str


class Fingerprint(NamedTuple):
    """Of the certificate that DTLS will show (RFC 8122 §5)."""

    algorithm: str
    value: str


class RemoteCandidate(NamedTuple):
    """An address that the peer may be reached at."""

    address: str
    port: int
    protocol: str
    """`udp`, or `tcp` if it waits for connections there."""


class Offer(msgspec.Struct, frozen=True):
    """All that we want to know of an offer, or of an answer to ours."""

    ice: IceParameters
    fingerprints: tuple[Fingerprint, ...]
    setup: str
    media: tuple[Media, ...]
    bundle: tuple[str, ...]
    """Mids that share one transport."""
    extmap_mixed: bool
    origin: str = ""
    """User name of `o=`, by which some implementations say who they are."""
    candidates: tuple[RemoteCandidate, ...] = ()
    """Those with IP addresses; names (mDNS) are not looked up."""


class Fragment(msgspec.Struct, frozen=True):
    """A trickle-ICE fragment (RFC 8840 §9)."""

    ice: IceParameters | None
    candidates: int


def parse_offer(text: str) -> Offer:
    """The offer in *text*."""
    return _parse(text, "offer")


def parse_answer(text: str) -> Offer:
    """The answer in *text*."""
    answer = _parse(text, "answer")
    # RFC 8842 §5.3: an answer has one of the two roles; there is nobody left to ask.
    if answer.setup not in ("active", "passive"):
        raise MalformedSdp(f"an answer has a=setup:active or passive, not {answer.setup[:20]!r}")
    return answer


def parse_fragment(text: str) -> Fragment:
    """The trickle-ICE fragment in *text*."""
    everything = [section.attributes for section in sections(text)]
    candidates = sum(len(attributes.get("candidate", ())) for attributes in everything)
    ice = _ice(everything)
    ends = any("end-of-candidates" in attributes for attributes in everything)
    if ice is None and not candidates and not ends:
        raise MalformedSdp("the fragment has neither ICE credentials nor candidates")
    return Fragment(ice, candidates)


def _parse(text: str, what: str) -> Offer:
    if not text.startswith("v=0"):
        raise MalformedSdp(f"an SDP {what} begins with the line `v=0` (RFC 8866 §5.1)")
    session, *described = sections(text)
    if not described:
        raise MalformedSdp(f"the {what} has no media: there is no m-line")
    media = tuple(parse_media(section) for section in described)
    _refuse_same_mids(media)
    everything = [section.attributes for section in (session, *described)]
    ice = _ice(everything)
    if ice is None:
        raise MalformedSdp(f"the {what} has no a=ice-ufrag and a=ice-pwd")
    return Offer(
        ice=ice,
        fingerprints=_fingerprints(everything),
        setup=first(everything, "setup") or ("actpass" if what == "offer" else ""),
        media=media,
        bundle=_bundle(session),
        extmap_mixed=any("extmap-allow-mixed" in attributes for attributes in everything),
        origin=_origin(text),
        candidates=_candidates(everything),
    )


def _origin(text: str) -> str:
    line = next((line for line in text.splitlines() if line.startswith("o=")), "o=")
    return line.removeprefix("o=").partition(" ")[0]


def _refuse_same_mids(media: tuple[Media, ...]) -> None:
    mids = [item.mid for item in media if item.mid]
    # RFC 5888 §4: "The identification-tag MUST be unique within an SDP session description."
    if len(mids) != len(set(mids)):
        raise MalformedSdp("two m-lines have the same a=mid")


def _ice(everything: list[Attributes]) -> IceParameters | None:
    """All m-lines of a bundle share one transport, so that the first credentials are theirs."""
    ufrag, password = first(everything, "ice-ufrag"), first(everything, "ice-pwd")
    if ufrag is None and password is None:
        return None
    if not _UFRAG.fullmatch(ufrag or "") or not _PASSWORD.fullmatch(password or ""):
        raise MalformedSdp("a=ice-ufrag has 4 to 256 and a=ice-pwd 22 to 256 ICE characters")
    return IceParameters(ufrag or "", password or "")


def _fingerprints(everything: list[Attributes]) -> tuple[Fingerprint, ...]:
    found: dict[Fingerprint, None] = {}
    for attributes in everything:
        for value in attributes.get("fingerprint", ()):
            algorithm, _, digest = value.strip().partition(" ")
            found[Fingerprint(algorithm.lower(), digest.strip().upper())] = None
    return tuple(found)


def _candidates(everything: list[Attributes]) -> tuple[RemoteCandidate, ...]:
    found: dict[RemoteCandidate, None] = {}
    for attributes in everything:
        for value in attributes.get("candidate", ()):
            candidate = _candidate(value)
            if candidate is not None and len(found) < MAX_CANDIDATES:
                found[candidate] = None
    return tuple(found)


def _candidate(value: str) -> RemoteCandidate | None:
    """None for what cannot be sent to. RFC 8839 §5.1 has unknown candidates ignored."""
    matched = _CANDIDATE.fullmatch(value.strip())
    if matched is None:
        return None
    protocol, address, port = matched[1].lower(), matched[2], int(matched[3])
    # RFC 6544 §4.5: only a passive candidate waits for connections; an active one has port 9.
    if protocol == "tcp" and "tcptype passive" not in value:
        return None
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    return RemoteCandidate(address, port, protocol) if 0 < port < 1 << 16 else None


def _bundle(session: Section) -> tuple[str, ...]:
    for group in session.attributes.get("group", ()):
        semantics, *mids = group.split() or [""]
        if semantics == "BUNDLE":
            return tuple(mids)
    return ()
