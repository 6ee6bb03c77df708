"""Laws of the checks that we send."""

from aioice import stun as foreign

from levelchat.media.time import NANOSECOND
from levelchat.rtc import stun
from levelchat.rtc.checks import CONSENT_NS, RETRY_NS, SILENT_NS, Checks
from levelchat.rtc.sdp import IceParameters

OURS, THEIRS = IceParameters("ours", "o" * 22), IceParameters("theirs", "t" * 22)
FIRST, SECOND = ("127.0.0.1", 1111), ("127.0.0.2", 2222)


def checks() -> Checks:
    return Checks((FIRST, SECOND), OURS, THEIRS)


def answer(check: bytes, password: str = THEIRS.password) -> bytes:
    request = stun.read_request(check)
    assert request is not None
    return stun.success(request, FIRST, password)


def test_a_check_is_one_that_others_take() -> None:
    """It names both sides, nominates, and is proved by the other side's password."""
    ((address, check), _) = checks().due(0)

    message = foreign.parse_message(check)
    assert address == FIRST
    assert message.attributes["USERNAME"] == "theirs:ours"
    assert "USE-CANDIDATE" in message.attributes
    assert "ICE-CONTROLLING" in message.attributes
    assert message.check_message_integrity(THEIRS.password.encode())


def test_every_candidate_is_tried_until_one_answers() -> None:
    """Then only that one is asked, now and then."""
    asking = checks()
    ((_, check), _) = asking.due(0)
    assert asking.due(RETRY_NS - 1) == []
    assert [address for address, _ in asking.due(RETRY_NS)] == [FIRST, SECOND]

    assert asking.on_response(answer(check), FIRST, RETRY_NS + 5)

    assert asking.address == FIRST
    assert asking.due(RETRY_NS + CONSENT_NS) == []
    assert [address for address, _ in asking.due(RETRY_NS + 5 + CONSENT_NS)] == [FIRST]


def test_the_round_trip_is_measured() -> None:
    """From each check to its answer."""
    asking = checks()
    ((_, check), _) = asking.due(0)

    asking.on_response(answer(check), FIRST, 40_000_000)

    assert asking.round_trip_ns == 40_000_000


def test_a_false_answer_counts_for_nothing() -> None:
    """Another password, another address, an answer to nothing, one that came before."""
    asking = checks()
    ((_, check), _) = asking.due(0)

    assert not asking.on_response(answer(check, "guess"), FIRST, 1)
    assert not asking.on_response(answer(check), SECOND, 1)
    assert not asking.on_response(answer(Checks((FIRST,), OURS, THEIRS).due(0)[0][1]), FIRST, 1)
    assert not asking.on_response(b"\x01\x01" + bytes(30), FIRST, 1)
    assert asking.on_response(answer(check), FIRST, 1)
    assert not asking.on_response(answer(check), FIRST, 1)


def test_silence_ends_it() -> None:
    """RFC 7675 §5.1: consent that is not renewed expires."""
    asking = checks()
    assert not asking.is_over(NANOSECOND)
    ((_, check), _) = asking.due(0)
    asking.on_response(answer(check), FIRST, NANOSECOND)

    assert not asking.is_over(NANOSECOND + SILENT_NS)
    assert asking.is_over(NANOSECOND + SILENT_NS + 1)
