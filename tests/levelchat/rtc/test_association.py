"""Laws of the DTLS of one peer."""

import pytest

from levelchat.rtc._aiortc import Certificate, DtlsTransport, generate_certificate
from levelchat.rtc.association import Association
from levelchat.rtc.sdp import Fingerprint

RTP = b"\x80\x60\0\1\0\0\0\1\0\0\0\1payload"


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return generate_certificate()


def association(certificate: Certificate, *, waits: bool = False) -> Association:
    def make(fingerprints: tuple[Fingerprint, ...], client: bool) -> DtlsTransport:  # noqa: FBT001
        return DtlsTransport(certificate, fingerprints, client=client)

    return Association(make, None if waits else (certificate.fingerprint,), client=False)


def client(certificate: Certificate) -> DtlsTransport:
    return DtlsTransport(certificate, (certificate.fingerprint,), client=True)


def converse(peer: DtlsTransport, ours: Association, first: list[bytes]) -> None:
    to_us = first
    while to_us:
        to_peer = [answer for datagram in to_us for answer in ours.receive(datagram)]
        to_us = [answer for datagram in to_peer for answer in peer.receive(datagram)]


def connected(certificate: Certificate) -> tuple[DtlsTransport, Association]:
    peer, ours = client(certificate), association(certificate)
    ours.begin()
    converse(peer, ours, peer.begin())
    assert ours.is_connected
    return peer, ours


def protects(peer: DtlsTransport, ours: Association) -> bool:
    return bool(ours.sessions[0].unprotect(peer.sessions[1].protect(RTP)) == RTP)


def test_a_handshake_gives_keys(certificate: Certificate) -> None:
    """Once, for what the other side sends."""
    peer, ours = connected(certificate)

    assert ours.keys == 1
    assert protects(peer, ours)


def test_who_begins_anew_gets_new_keys(certificate: Certificate) -> None:
    """A client that has restarted shakes hands again; the new keys hold from then on."""
    _, ours = connected(certificate)
    again = client(certificate)

    converse(again, ours, again.begin())

    assert ours.keys == 2
    assert ours.is_connected
    assert protects(again, ours)


def test_a_forged_beginning_is_in_nobody_s_way(certificate: Certificate) -> None:
    """Once it went unanswered for as long as DTLS waits, who really begins anew gets through."""
    _, ours = connected(certificate)
    stranger = DtlsTransport(generate_certificate(), (certificate.fingerprint,), client=True)
    again = client(certificate)
    hello = again.begin()
    for datagram in stranger.begin():
        ours.receive(datagram)

    converse(again, ours, hello)
    assert ours.keys == 1
    while not ours.on_time():
        pass
    converse(again, ours, hello)

    assert ours.keys == 2
    assert protects(again, ours)


def test_a_beginning_that_comes_again_begins_nothing(certificate: Certificate) -> None:
    """A ClientHello is sent again where our answer was lost: the handshake goes on."""
    _, ours = connected(certificate)
    again = client(certificate)
    hello = again.begin()
    answers = [answer for datagram in hello for answer in ours.receive(datagram)]
    while not ours.on_time():
        pass

    for datagram in hello:
        ours.receive(datagram)
    last = [answer for datagram in answers for answer in again.receive(datagram)]
    converse(again, ours, last)

    assert ours.keys == 2
    assert protects(again, ours)


def test_a_forged_beginning_disturbs_nothing(certificate: Certificate) -> None:
    """Until the new handshake has succeeded the keys that hold go on."""
    peer, ours = connected(certificate)
    stranger = DtlsTransport(generate_certificate(), (certificate.fingerprint,), client=True)

    for datagram in stranger.begin():
        ours.receive(datagram)
    assert protects(peer, ours)

    converse(stranger, ours, [])
    assert ours.keys == 1
    assert ours.is_connected


def test_one_that_waits_begins_when_it_knows_the_other(certificate: Certificate) -> None:
    """An offer of ours is answered with the other side's fingerprint; before that it is deaf."""
    peer, ours = client(certificate), association(certificate, waits=True)
    assert not ours.is_new
    assert ours.receive(peer.begin()[0]) == []

    ours.expect((certificate.fingerprint,), client=False)
    ours.begin()
    again = client(certificate)
    converse(again, ours, again.begin())

    assert ours.is_connected
