"""Laws of STUN, against aioice's."""

import pytest
from aioice import stun as foreign
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc import stun

PASSWORD = "a-password-of-22-bytes"
FINGERPRINT_BYTES = 8


def request(**attributes: object) -> foreign.Message:
    message = foreign.Message(foreign.Method.BINDING, foreign.Class.REQUEST)
    message.attributes = {"USERNAME": "ours:theirs", "PRIORITY": 1} | attributes
    return message


def signed(**attributes: object) -> bytes:
    message = request(**attributes)
    message.add_message_integrity(PASSWORD.encode())
    return bytes(message)


def read(data: bytes) -> stun.BindingRequest:
    found = stun.read_request(data)
    assert found is not None
    return found


def test_a_foreign_check_is_read_and_proved() -> None:
    """What aioice signs is genuine with the right password alone."""
    found = read(signed(**{"USE-CANDIDATE": None, "ICE-CONTROLLING": 5}))

    assert found.ufrag == "ours"
    assert found.use_candidate
    assert found.has_fingerprint
    assert not found.unknown
    assert found.is_genuine(PASSWORD)
    assert not found.is_genuine("another")


def test_without_integrity_nothing_is_genuine() -> None:
    """A request that proves nothing is read, and believed by nobody."""
    found = read(bytes(request()))

    assert found.integrity is None
    assert not found.is_genuine(PASSWORD)
    assert not found.is_genuine("")


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        (("192.0.2.1", 5000), ("192.0.2.1", 5000)),
        (("2001:db8::1", 65535, 0, 0), ("2001:db8::1", 65535)),
        (("fe80::1%eth0", 1, 0, 2), ("fe80::1", 1)),
        (("::ffff:192.0.2.1", 5000, 0, 0), ("192.0.2.1", 5000)),
    ],
)
def test_the_response_names_the_address(address: tuple[str, int], seen: tuple[str, int]) -> None:
    """The aioice library reads its own address out of our signed response, mapped addresses unmapped."""
    response = foreign.parse_message(stun.success(read(signed()), address, PASSWORD))

    assert response.message_class == foreign.Class.RESPONSE
    assert response.attributes["XOR-MAPPED-ADDRESS"] == seen
    assert response.check_message_integrity(PASSWORD.encode())
    assert "FINGERPRINT" in response.attributes


def test_an_error_is_never_longer_than_its_request() -> None:
    """Nobody gets more bytes out than they sent in."""
    shortest = foreign.Message(foreign.Method.BINDING, foreign.Class.REQUEST)
    shortest.add_fingerprint()

    error = stun.error(read(bytes(shortest)), stun.BAD_REQUEST)

    assert len(error) <= len(bytes(shortest))
    assert foreign.parse_message(error).error_code == 400


def test_a_changed_byte_is_noticed() -> None:
    """Any bit that changes up to the integrity makes the request unreadable or not genuine."""
    data = signed()
    for position in range(len(data) - FINGERPRINT_BYTES):
        changed = bytearray(data)
        changed[position] ^= 1
        found = stun.read_request(bytes(changed))
        assert found is None or not found.is_genuine(PASSWORD)


def test_what_follows_the_integrity_is_ignored() -> None:
    """An attribute smuggled in behind MESSAGE-INTEGRITY nominates nothing."""
    message = request()
    message.attributes["MESSAGE-INTEGRITY"] = foreign.message_integrity(
        bytes(message), PASSWORD.encode()
    )
    message.attributes["USE-CANDIDATE"] = None

    found = read(bytes(message))

    assert found.is_genuine(PASSWORD)
    assert not found.use_candidate


def test_an_unknown_attribute_that_must_be_understood_is_reported() -> None:
    """Below 0x8000 unknown is unknown; above it is ignored."""
    assert read(bytes(request(**{"CHANNEL-NUMBER": 1}))).unknown
    assert not read(bytes(request(SOFTWARE="x"))).unknown


@given(st.binary(max_size=120))
def test_garbage_is_no_request(data: bytes) -> None:
    """Random bytes are never taken for a request, and never raise."""
    assert stun.read_request(data) is None


@given(st.binary(max_size=80))
def test_a_header_with_garbage_behind_never_raises(body: bytes) -> None:
    """Attributes of any content are read or refused."""
    header = b"\x00\x01" + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12)

    found = stun.read_request(header + body)

    assert found is None or not found.is_genuine(PASSWORD)
