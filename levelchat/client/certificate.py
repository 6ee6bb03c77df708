"""A certificate for one DTLS session of a publisher (RFC 8827 §6.5: P-256).

Comes in: the time. Goes out: certificate and key as PEM. It is made for one process and kept
nowhere: WebRTC trusts the fingerprint in the offer, not the certificate.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from levelchat.media.time import NANOSECOND

LIFETIME = timedelta(days=30)
"""RFC 8827 §6.5: a short life; what browsers choose for theirs."""
LEEWAY = timedelta(days=1)
"""For a peer whose clock is behind."""


def generate(now_ns: int) -> tuple[bytes, bytes]:
    """A fresh certificate and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "levelchat")])
    now = datetime.fromtimestamp(now_ns // NANOSECOND, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LEEWAY)
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
