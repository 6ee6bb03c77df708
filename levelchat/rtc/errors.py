"""What can be wrong with a WebRTC session, or with the port it needs.

LevelChatError
├── PeerError
│   ├── MalformedSdp       400: not SDP, or SDP that contradicts itself
│   ├── UnsupportedSdp     422: good SDP of something that we do not do
│   ├── UnsupportedCodec   406: we speak none of the codecs offered
│   ├── IceSessionChanged  412: If-Match names an ICE session of the past
│   ├── FragmentOfAnother  422: credentials that no ICE session of ours goes with
│   ├── IceSessionNotNamed 428: If-Match is missing
│   └── BadPublicAddress   400: the setting is no IP address
└── EnvironmentFault
    ├── UdpPortUnusable    another program listens there, or the address is not ours
    ├── TcpPortUnusable    likewise
    ├── EndpointClosed     the server is starting or stopping
    └── NativeCoreUnusable the settings ask for the C core, and it cannot be used
"""

from levelchat.errors import EnvironmentFault, PeerError


class MalformedSdp(PeerError):
    """The body is not SDP, or lacks what every WebRTC session needs."""

    code = "bad_sdp"
    title = "The SDP is malformed"


class UnsupportedSdp(PeerError):
    """The SDP describes a session that this server does not take part in."""

    code = "unsupported_sdp"
    status = 422
    title = "The session is not supported"


class UnsupportedCodec(PeerError):
    """The SDP offers no codec that this server can receive."""

    code = "unsupported_codec"
    status = 406
    title = "No codec in common"


class IceSessionChanged(PeerError):
    """`If-Match` names an ICE session that a restart has replaced."""

    code = "ice_session_changed"
    status = 412
    title = "The ICE session has changed"


class FragmentOfAnother(PeerError):
    """The fragment has new ICE credentials but does not ask for a restart (`If-Match: *`)."""

    code = "unprocessable_fragment"
    status = 422
    title = "The fragment does not fit the session"


class IceSessionNotNamed(PeerError):
    """A `PATCH` without `If-Match`."""

    code = "if_match_missing"
    status = 428
    title = "If-Match is needed"


class BadPublicAddress(PeerError):
    """The public address in the settings is not an IP address."""

    code = "bad_public_address"
    title = "The public address is not an IP address"


class UdpPortUnusable(EnvironmentFault):
    """The UDP port of WebRTC cannot be bound."""

    code = "udp_port_unusable"
    title = "The UDP port cannot be used"


class TcpPortUnusable(EnvironmentFault):
    """The TCP port of WebRTC cannot be bound."""

    code = "tcp_port_unusable"
    title = "The TCP port cannot be used"


class EndpointClosed(EnvironmentFault):
    """The WebRTC endpoint is starting or stopping and takes no sessions now."""

    code = "endpoint_closed"
    title = "WebRTC is not available"


class NativeCoreUnusable(EnvironmentFault):
    """The settings ask for the forwarding core in C, and it cannot be used here."""

    code = "native_core_unusable"
    title = "The C forwarding core cannot be used"
