"""Laws of the lines that we write."""

from levelchat.media.codec import Codec
from levelchat.rtc import sdp_writing
from levelchat.rtc.sdp import Extension, Fingerprint, IceParameters
from levelchat.rtc.sdp_writing import Candidate, LocalSide


def local(*candidates: Candidate) -> LocalSide:
    return LocalSide(IceParameters("u", "p"), Fingerprint("sha-256", "AB"), candidates, 7)


def test_udp_comes_before_tcp_and_the_first_before_the_next() -> None:
    """Priorities (RFC 8445 §5.1.2.1, RFC 6544 §4.2) fall in the order of preference, none twice,
    whatever order TCP stands in.
    """
    written = sdp_writing.transport(
        local(
            Candidate("192.0.2.1", 1, "tcp"),
            Candidate("192.0.2.1", 1),
            Candidate("2001:db8::1", 1),
            Candidate("2001:db8::1", 1, "tcp"),
        ),
        "passive",
        rsize=False,
    )
    candidates = [line.split() for line in written if line.startswith("a=candidate")]
    by_priority = sorted(candidates, key=lambda words: -int(words[3]))

    assert [(words[2], words[4]) for words in by_priority] == [
        ("udp", "192.0.2.1"),
        ("udp", "2001:db8::1"),
        ("tcp", "192.0.2.1"),
        ("tcp", "2001:db8::1"),
    ]
    assert len({words[3] for words in candidates}) == 4
    assert len({words[0] for words in candidates}) == 4
    assert all(0 < int(words[3]) < 1 << 31 for words in candidates)


def test_tcp_candidates_wait() -> None:
    """RFC 6544 §4.5: they are passive, and UDP's say nothing of it."""
    tcp, udp = (
        next(
            line
            for line in sdp_writing.transport(local(item), "passive", rsize=False)
            if line.startswith("a=candidate")
        )
        for item in (Candidate("192.0.2.1", 443, "tcp"), Candidate("192.0.2.1", 8443))
    )

    assert tcp.endswith(" 192.0.2.1 443 typ host tcptype passive")
    assert udp == "a=candidate:1 1 udp 2130706431 192.0.2.1 8443 typ host"


def test_a_lite_agent_says_so() -> None:
    """And a controlling one does not; a session without m-lines has no bundle."""
    assert "a=ice-lite" in list(sdp_writing.head(local(), ["a"]))
    full = list(sdp_writing.head(local(), [], lite=False, mixed=False))
    assert not {"a=ice-lite", "a=extmap-allow-mixed", "a=group:BUNDLE "} & set(full)


def test_directions_of_extensions_are_answered() -> None:
    """What one only sends the other only receives."""
    directions = ["", "sendrecv", "sendonly", "recvonly"]

    assert list(sdp_writing.extmaps(Extension("x", 1, item) for item in directions)) == [
        "a=extmap:1 x",
        "a=extmap:1 x",
        "a=extmap:1/recvonly x",
        "a=extmap:1/sendonly x",
    ]


def test_streams_are_named_with_their_repair() -> None:
    """Each SSRC has the CNAME; a stream without repair has no group."""
    with_repair = list(sdp_writing.sources(1, 2, "c", "s t"))

    assert with_repair[:2] == ["a=msid:s t", "a=ssrc-group:FID 1 2"]
    assert {"a=ssrc:1 cname:c", "a=ssrc:2 cname:c"} <= set(with_repair)
    assert not [line for line in sdp_writing.sources(1, 0, "c", "s t") if "group" in line]


def test_configuration_leaves_out_what_is_one_sides_own() -> None:
    """Such as sprop and limits, which describe their sender only."""
    fmtp = "profile-level-id=42e01f;sprop-parameter-sets=x;packetization-mode=1;max-fs=9"

    assert (
        sdp_writing.configuration(Codec.H264, fmtp)
        == "profile-level-id=42e01f;packetization-mode=1"
    )
    assert sdp_writing.configuration(Codec.VP8, "max-fs=9") == ""
