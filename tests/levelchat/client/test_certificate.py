"""Laws of a publisher's certificate."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from levelchat.client import certificate

NOW_NS = 1_700_000_000_000_000_000


def test_it_is_p256_and_matches_its_key() -> None:
    """The certificate holds the key's public half, on the curve that every WebRTC peer takes."""
    public, private = certificate.generate(NOW_NS)
    key = serialization.load_pem_private_key(private, None)
    found = x509.load_pem_x509_certificate(public).public_key()

    assert isinstance(found, ec.EllipticCurvePublicKey)
    assert found.curve.name == "secp256r1"
    assert found == key.public_key()


def test_it_is_valid_now() -> None:
    """It holds at the time it was made for, and not for ever."""
    found = x509.load_pem_x509_certificate(certificate.generate(NOW_NS)[0])
    now = datetime.fromtimestamp(NOW_NS / 1e9, UTC)

    assert found.not_valid_before_utc < now < found.not_valid_after_utc
    assert (found.not_valid_after_utc - now).days == 30


def test_no_two_are_alike() -> None:
    """Each process has its own."""
    assert certificate.generate(NOW_NS) != certificate.generate(NOW_NS)
