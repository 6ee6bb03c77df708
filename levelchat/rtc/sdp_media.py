"""One m-line of SDP with its attributes, as a value (RFC 8866 §5.14).

Comes in: the section of an m-line. Goes out: a `Media`, or `MalformedSdp` that names the fault.
What it does not know of an m-line is left out, and what we accept of it is decided elsewhere.
"""

import re
from typing import NamedTuple

import msgspec

from levelchat.rtc.errors import MalformedSdp
from levelchat.rtc.sdp_layers import Rid, sent_layers
from levelchat.rtc.sdp_lines import MAX_UINT32, Attributes, Section, number

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
MAX_PAYLOAD_TYPE = 127

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
    ssrcs: tuple[int, ...] = ()
    """All that are named, retransmissions too."""
    msid: str = ""
    """Stream and track (RFC 8830), with a space between."""
    layers: tuple[Rid, ...] = ()
    """Of simulcast that the offerer would send, in the order of `a=simulcast`, which RFC 8853
    §5.2 calls the sender's preference and not the order of quality."""
    rtcp_mux: bool = False
    rtcp_rsize: bool = False

    @property
    def is_rtp(self) -> bool:
        return self.protocol.endswith("RTP/SAVPF")

    @property
    def sends(self) -> bool:
        """Whether the offerer would send media here."""
        return not self.rejected and self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the offerer would take media here."""
        return not self.rejected and self.direction in ("sendrecv", "recvonly")

    @property
    def rids(self) -> tuple[str, ...]:
        """The names of its layers."""
        return tuple(layer.name for layer in self.layers)


def parse_media(section: Section) -> Media:
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
    ssrcs = tuple({_ssrc(value.split(" ")[0]): None for value in attributes.get("ssrc", ())})
    ssrc, rtx_ssrc = _stream_and_repair(ssrcs, attributes)
    return msgspec.structs.replace(
        media,
        formats=_formats(names, attributes),
        extensions=tuple(_extensions(attributes)),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        ssrcs=ssrcs,
        msid=attributes.get("msid", [""])[0].strip(),
        layers=sent_layers(attributes),
    )


def _mid(attributes: Attributes) -> str:
    mid = attributes.get("mid", [""])[0].strip()
    if mid and not _TOKEN.fullmatch(mid):
        raise MalformedSdp(f"a=mid is not a token: {mid[:40]!r}")
    return mid


def _formats(names: list[str], attributes: Attributes) -> tuple[Format, ...]:
    maps = _by_payload_type(attributes, "rtpmap")
    parameters = _by_payload_type(attributes, "fmtp")
    feedback = _by_payload_type(attributes, "rtcp-fb")
    everyone = [
        value.partition(" ")[2] for value in attributes.get("rtcp-fb", ()) if value[0:1] == "*"
    ]
    formats = []
    for name in names:
        payload_type = number(name, MAX_PAYLOAD_TYPE, "a payload type")
        encoding, rate, channels = _rtpmap(maps.get(payload_type, [""])[0])
        formats.append(
            Format(
                payload_type=payload_type,
                name=encoding,
                clock_rate=rate,
                channels=channels,
                fmtp=parameters.get(payload_type, [""])[0],
                feedback=tuple(feedback.get(payload_type, []) + everyone),
            )
        )
    return tuple(formats)


def _by_payload_type(attributes: Attributes, name: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for value in attributes.get(name, ()):
        first, _, rest = value.partition(" ")
        if first != "*":
            key = number(first, MAX_PAYLOAD_TYPE, f"the payload type of a={name}")
            found.setdefault(key, []).append(rest.strip())
    return found


def _rtpmap(value: str) -> tuple[str, int, int]:
    if not value:
        return "", 0, 1
    encoding, _, rest = value.partition("/")
    rate, _, channels = rest.partition("/")
    return (
        encoding.lower(),
        number(rate, MAX_UINT32, "the clock rate of a=rtpmap"),
        number(channels, 255, "the channels of a=rtpmap") if channels else 1,
    )


def _extensions(attributes: Attributes) -> list[Extension]:
    found = []
    for value in attributes.get("extmap", ()):
        identifier, _, rest = value.partition(" ")
        digits, _, direction = identifier.partition("/")
        uri = rest.split(" ")[0]
        # RFC 8285 §5: identifiers from 1 to 255; larger ones are provisional.
        found.append(Extension(uri, number(digits, 4351, "the identifier of a=extmap"), direction))
    return found


def _stream_and_repair(
    ssrcs: tuple[int, ...], attributes: Attributes
) -> tuple[int | None, int | None]:
    """The SSRC of the first stream, and the one of its retransmissions (RFC 5576 §4)."""
    for group in attributes.get("ssrc-group", ()):
        semantics, *members = group.split() or [""]
        if semantics == "FID" and len(members) == 2:  # noqa: PLR2004 - a stream and its repair
            return _ssrc(members[0]), _ssrc(members[1])
    return (ssrcs[0] if ssrcs else None), None


def _ssrc(text: str) -> int:
    return number(text, MAX_UINT32, "an SSRC")
