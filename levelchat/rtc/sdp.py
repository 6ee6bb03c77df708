"""SDP offers and trickle-ICE fragments as values (RFC 8866, RFC 8829, RFC 8840).

Comes in: the text of a peer. Goes out: an `Offer` or a `Fragment`, or `MalformedSdp` that names
the line. Never decides what we accept of it, and keeps what it does not know out of the value.
"""

import re
from typing import NamedTuple

import msgspec

from levelchat.rtc.errors import MalformedSdp

MAX_SECTIONS = 64
"""m-lines. A browser offers one a track; conference clients that keep old ones stay below."""

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
MAX_PAYLOAD_TYPE = 127
MAX_SSRC = 0xFFFFFFFF

_LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
"""RFC 8839 §5.4: "ice-ufrag: 4*256ice-char"."""
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
"""RFC 8839 §5.4: "password: 22*256ice-char"."""
_TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,64}")
"""RFC 8866 §9, which `a=mid` and `a=group` are made of; 64 characters are ample."""


class Format(msgspec.Struct, frozen=True):
    """One payload type of an m-line."""

    payload_type: int
    name: str
    """Encoding name in lower case; empty for a static payload type without `rtpmap`."""
    clock_rate: int = 0
    channels: int = 1
    fmtp: str = ""
    feedback: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """What `fmtp` says, names in lower case."""
        pairs = (item.partition("=") for item in self.fmtp.split(";"))
        return {name.strip().lower(): value.strip() for name, _, value in pairs}


class Extension(NamedTuple):
    """A header extension of an m-line (RFC 8285 §5)."""

    uri: str
    identifier: int
    direction: str


class Media(msgspec.Struct, frozen=True):
    """One m-line with its attributes."""

    kind: str
    protocol: str
    format_names: tuple[str, ...]
    """As on the m-line; numbers for RTP."""
    mid: str = ""
    rejected: bool = False
    """Offered with port 0 outside a bundle: it is not to be used (RFC 3264 §5.1)."""
    direction: str = "sendrecv"
    formats: tuple[Format, ...] = ()
    extensions: tuple[Extension, ...] = ()
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    rtcp_mux: bool = False
    rtcp_rsize: bool = False

    @property
    def is_rtp(self) -> bool:
        return self.protocol.endswith("RTP/SAVPF")

    @property
    def sends(self) -> bool:
        """Whether the offerer would send media here."""
        return not self.rejected and self.direction in ("sendrecv", "sendonly")


class IceParameters(NamedTuple):
    """One side's short-term credentials of an ICE session."""

    ufrag: str
    password: str


class Fingerprint(NamedTuple):
    """Of the certificate that DTLS will show (RFC 8122 §5)."""

    algorithm: str
    value: str


class Offer(msgspec.Struct, frozen=True):
    """All that we want to know of an offer."""

    ice: IceParameters
    fingerprints: tuple[Fingerprint, ...]
    setup: str
    media: tuple[Media, ...]
    bundle: tuple[str, ...]
    """Mids that share one transport."""
    extmap_mixed: bool
    origin: str = ""
    """User name of `o=`, by which some implementations say who they are."""


class Fragment(msgspec.Struct, frozen=True):
    """A trickle-ICE fragment (RFC 8840 §9)."""

    ice: IceParameters | None
    candidates: int


Attributes = dict[str, list[str]]


class _Section(NamedTuple):
    media: str
    """The m-line; empty for the session's own lines."""
    attributes: Attributes


def parse_offer(text: str) -> Offer:
    """The offer in *text*."""
    if not text.startswith("v=0"):
        raise MalformedSdp("an SDP offer begins with the line `v=0` (RFC 8866 §5.1)")
    session, *sections = _sections(text)
    if not sections:
        raise MalformedSdp("the offer has no media: there is no m-line")
    media = tuple(_media(section) for section in sections)
    _refuse_same_mids(media)
    everything = [session.attributes, *(section.attributes for section in sections)]
    ice = _ice(everything)
    if ice is None:
        raise MalformedSdp("the offer has no a=ice-ufrag and a=ice-pwd")
    return Offer(
        ice=ice,
        fingerprints=_fingerprints(everything),
        setup=_first(everything, "setup") or "actpass",
        media=media,
        bundle=_bundle(session.attributes),
        extmap_mixed=any("extmap-allow-mixed" in attributes for attributes in everything),
        origin=_origin(text),
    )


def _origin(text: str) -> str:
    line = next((line for line in text.splitlines() if line.startswith("o=")), "o=")
    return line.removeprefix("o=").partition(" ")[0]


def parse_fragment(text: str) -> Fragment:
    """The trickle-ICE fragment in *text*."""
    everything = [section.attributes for section in _sections(text)]
    candidates = sum(len(attributes.get("candidate", ())) for attributes in everything)
    ice = _ice(everything)
    ends = any("end-of-candidates" in attributes for attributes in everything)
    if ice is None and not candidates and not ends:
        raise MalformedSdp("the fragment has neither ICE credentials nor candidates")
    return Fragment(ice, candidates)


def _sections(text: str) -> list[_Section]:
    """The session's lines and those of each m-line, attributes grouped by name."""
    sections = [_Section("", {})]
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line:
            continue
        if not _LINE.fullmatch(line):
            raise MalformedSdp(f"line {number} is not SDP: {line[:40]!r}")
        kind, value = line[0], line[2:]
        if kind == "m":
            sections.append(_Section(value, {}))
            if len(sections) > MAX_SECTIONS + 1:
                raise MalformedSdp(f"an offer has at most {MAX_SECTIONS} m-lines")
        elif kind == "a":
            name, _, argument = value.partition(":")
            sections[-1].attributes.setdefault(name, []).append(argument)
    return sections


def _media(section: _Section) -> Media:
    fields = section.media.split()
    if len(fields) < 4:  # noqa: PLR2004 - RFC 8866 §5.14: media, port, proto, at least one fmt
        raise MalformedSdp(f"an m-line has media, port, protocol and formats: {section.media!r}")
    kind, port, protocol, *names = fields
    attributes = section.attributes
    media = Media(
        kind=kind,
        protocol=protocol,
        format_names=tuple(names),
        mid=_mid(attributes),
        rejected=port == "0" and "bundle-only" not in attributes,
        direction=next((name for name in DIRECTIONS if name in attributes), "sendrecv"),
        rtcp_mux="rtcp-mux" in attributes or "rtcp-mux-only" in attributes,
        rtcp_rsize="rtcp-rsize" in attributes,
    )
    if not media.is_rtp:
        return media
    ssrc, rtx_ssrc = _sources(attributes)
    return msgspec.structs.replace(
        media,
        formats=_formats(names, attributes),
        extensions=tuple(_extensions(attributes)),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
    )


def _mid(attributes: Attributes) -> str:
    mid = attributes.get("mid", [""])[0].strip()
    if mid and not _TOKEN.fullmatch(mid):
        raise MalformedSdp(f"a=mid is not a token: {mid[:40]!r}")
    return mid


def _refuse_same_mids(media: tuple[Media, ...]) -> None:
    mids = [item.mid for item in media if item.mid]
    # RFC 5888 §4: "The identification-tag MUST be unique within an SDP session description."
    if len(mids) != len(set(mids)):
        raise MalformedSdp("two m-lines have the same a=mid")


def _formats(names: list[str], attributes: Attributes) -> tuple[Format, ...]:
    maps = _by_payload_type(attributes, "rtpmap")
    parameters = _by_payload_type(attributes, "fmtp")
    feedback = _by_payload_type(attributes, "rtcp-fb")
    everyone = [
        value.partition(" ")[2] for value in attributes.get("rtcp-fb", ()) if value[0:1] == "*"
    ]
    formats = []
    for name in names:
        number = _number(name, MAX_PAYLOAD_TYPE, "a payload type")
        encoding, rate, channels = _rtpmap(maps.get(number, [""])[0])
        formats.append(
            Format(
                payload_type=number,
                name=encoding,
                clock_rate=rate,
                channels=channels,
                fmtp=parameters.get(number, [""])[0],
                feedback=tuple(feedback.get(number, []) + everyone),
            )
        )
    return tuple(formats)


def _by_payload_type(attributes: Attributes, name: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for value in attributes.get(name, ()):
        number, _, rest = value.partition(" ")
        if number != "*":
            key = _number(number, MAX_PAYLOAD_TYPE, f"the payload type of a={name}")
            found.setdefault(key, []).append(rest.strip())
    return found


def _rtpmap(value: str) -> tuple[str, int, int]:
    if not value:
        return "", 0, 1
    encoding, _, rest = value.partition("/")
    rate, _, channels = rest.partition("/")
    return (
        encoding.lower(),
        _number(rate, MAX_SSRC, "the clock rate of a=rtpmap"),
        _number(channels, 255, "the channels of a=rtpmap") if channels else 1,
    )


def _extensions(attributes: Attributes) -> list[Extension]:
    found = []
    for value in attributes.get("extmap", ()):
        identifier, _, rest = value.partition(" ")
        number, _, direction = identifier.partition("/")
        uri = rest.split(" ")[0]
        # RFC 8285 §5: identifiers from 1 to 255; larger ones are provisional.
        found.append(
            Extension(uri, _number(number, 4351, "the identifier of a=extmap"), direction)
        )
    return found


def _sources(attributes: Attributes) -> tuple[int | None, int | None]:
    """The SSRC of the first stream, and the one of its retransmissions (RFC 5576 §4)."""
    ssrcs = [_ssrc(value.split(" ")[0]) for value in attributes.get("ssrc", ())]
    for group in attributes.get("ssrc-group", ()):
        semantics, *members = group.split()
        if semantics == "FID" and len(members) == 2:  # noqa: PLR2004 - a stream and its repair
            return _ssrc(members[0]), _ssrc(members[1])
    return (ssrcs[0] if ssrcs else None), None


def _ssrc(text: str) -> int:
    return _number(text, MAX_SSRC, "an SSRC")


def _number(text: str, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):  # noqa: PLR2004 - digits of 32 bits
        raise MalformedSdp(f"{what} is a number from 0 to {most}, not {text[:20]!r}")
    return int(text)


def _first(everything: list[Attributes], name: str) -> str | None:
    return next((found[name][0].strip() for found in everything if name in found), None)


def _ice(everything: list[Attributes]) -> IceParameters | None:
    """All m-lines of a bundle share one transport, so that the first credentials are theirs."""
    ufrag, password = _first(everything, "ice-ufrag"), _first(everything, "ice-pwd")
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


def _bundle(attributes: Attributes) -> tuple[str, ...]:
    for group in attributes.get("group", ()):
        semantics, *mids = group.split() or [""]
        if semantics == "BUNDLE":
            return tuple(mids)
    return ()
