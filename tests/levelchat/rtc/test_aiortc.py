"""Laws of DTLS and SRTP, two of ours against each other and, by the endpoint, against aiortc's."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levelchat.rtc._aiortc import (
    MAX_DATAGRAM,
    Certificate,
    DtlsTransport,
    _datagrams,
    generate_certificate,
)
from levelchat.rtc.sdp import Fingerprint

RTP = struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + b"payload"
RECEIVER_REPORT = struct.pack("!BBHI", 0x80, 201, 1, 1)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return generate_certificate()


def pair(certificate: Certificate) -> tuple[DtlsTransport, DtlsTransport]:
    prints = (certificate.fingerprint,)
    client = DtlsTransport(certificate, prints, client=True)
    return client, DtlsTransport(certificate, prints, client=False)


def converse(client: DtlsTransport, server: DtlsTransport) -> None:
    """Hands datagrams over until neither has more."""
    server.begin()
    to_server, to_client = client.begin(), []
    while to_server or to_client:
        to_client = [answer for datagram in to_server for answer in server.receive(datagram)]
        to_server = [answer for datagram in to_client for answer in client.receive(datagram)]
        to_client = []


def test_media_flows_after_the_handshake(certificate: Certificate) -> None:
    """What one side protects the other reads, RTP and RTCP, and nothing before."""
    client, server = pair(certificate)
    assert server.is_new

    converse(client, server)

    assert client.is_connected
    assert server.is_connected
    assert server.sessions[0].unprotect(client.sessions[1].protect(RTP)) == RTP
    assert (
        client.sessions[0].unprotect_rtcp(server.sessions[1].protect_rtcp(RECEIVER_REPORT))
        == RECEIVER_REPORT
    )


def test_a_certificate_that_was_not_announced_is_refused(certificate: Certificate) -> None:
    """A peer whose fingerprint differs from its offer's never gets keys."""
    server = DtlsTransport(certificate, (Fingerprint("sha-256", "00:11"),), client=False)
    client = DtlsTransport(certificate, (certificate.fingerprint,), client=True)

    converse(client, server)

    assert server.has_failed
    assert not server.is_connected


def test_a_lost_flight_is_sent_again(certificate: Certificate) -> None:
    """When DTLS's own timer has run out the handshake goes on by itself."""
    client, server = pair(certificate)
    server.begin()
    client.begin()
    lost: list[bytes] = []

    while not lost:
        lost = client.on_time()
    answers = [answer for datagram in lost for answer in server.receive(datagram)]

    assert answers


def test_a_goodbye_is_heard(certificate: Certificate) -> None:
    """close_notify of one side is known to the other, and said once."""
    client, server = pair(certificate)
    converse(client, server)

    for datagram in client.shut_down():
        server.receive(datagram)

    assert server.closed_by_peer
    assert client.shut_down() == []


def test_a_goodbye_is_heard_behind_other_records(certificate: Certificate) -> None:
    """All records of a datagram are read: nothing is left over that would pile up."""
    client, server = pair(certificate)
    converse(client, server)
    assert client._ssl is not None
    for _ in range(20):
        client._ssl.send(b"of no use")
    records = b"".join(client._flight() + client.shut_down())

    server.receive(records)

    assert server.closed_by_peer


def test_garbage_does_not_stop_a_handshake(certificate: Certificate) -> None:
    """Records of random content between the real ones are dropped by DTLS."""
    rng = random.Random(1)
    client, server = pair(certificate)
    server.begin()
    to_server = client.begin()
    for _ in range(200):
        server.receive(bytes([rng.randrange(20, 64)]) + rng.randbytes(rng.randrange(100)))

    while to_server:
        to_client = [answer for datagram in to_server for answer in server.receive(datagram)]
        to_server = [answer for datagram in to_client for answer in client.receive(datagram)]

    assert server.is_connected


def test_garbage_does_not_end_a_session(certificate: Certificate) -> None:
    """A thousand forged records leave an established session as it was."""
    rng = random.Random(2)
    client, server = pair(certificate)
    converse(client, server)

    for _ in range(1000):
        server.receive(bytes([rng.randrange(20, 64)]) + rng.randbytes(rng.randrange(100)))

    assert server.is_connected
    assert not server.closed_by_peer


@given(st.lists(st.integers(0, 1500), max_size=12))
@settings(max_examples=50)
def test_records_are_never_cut(lengths: list[int]) -> None:
    """A flight is sent in datagrams of whole records, small enough unless one record is not."""
    records = [bytes(11) + length.to_bytes(2, "big") + bytes(length) for length in lengths]

    datagrams = list(_datagrams(b"".join(records)))

    assert b"".join(datagrams) == b"".join(records)
    for datagram in datagrams:
        assert len(datagram) <= MAX_DATAGRAM or len(datagram) in map(len, records)


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_peer_that_cannot_hear_goodbye_is_left_in_silence(
    certificate: Certificate, *, says_goodbye: bool
) -> None:
    """Both ends are closed; only one that can take it gets a close_notify."""
    prints = (certificate.fingerprint,)
    client = DtlsTransport(certificate, prints, client=True)
    server = DtlsTransport(certificate, prints, client=False, says_goodbye=says_goodbye)
    converse(client, server)

    assert bool(server.shut_down()) is says_goodbye
    assert not server.is_connected
