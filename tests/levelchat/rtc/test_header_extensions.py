"""Laws of header extensions."""

import pytest

from levelchat.rtc.forward.seams import ExtensionIds
from levelchat.rtc.header_extensions import (
    AUDIO_LEVEL_URI,
    CAPTURE_TIME_URI,
    DEPENDENCY_URI,
    FORWARDED,
    common,
    forwarded_ids,
    identifier,
    offered,
    taken,
)
from levelchat.rtc.sdp import Extension, Media


def media(*extensions: Extension) -> Media:
    return Media("video", "UDP/TLS/RTP/SAVPF", ("96",), extensions=extensions)


@pytest.mark.parametrize(
    ("direction", "sending", "is_taken"),
    [
        ("", True, True),
        ("sendrecv", False, True),
        ("recvonly", True, True),
        ("recvonly", False, False),
        ("sendonly", True, False),
        ("sendonly", False, True),
        ("inactive", True, False),
    ],
)
def test_a_direction_says_who_may_send_it(
    direction: str, *, sending: bool, is_taken: bool
) -> None:
    """RFC 8285 §6: what the peer only sends we cannot send, and the other way about."""
    found = taken(media(Extension(CAPTURE_TIME_URI, 5, direction)), FORWARDED, sending=sending)

    assert bool(list(found)) is is_taken


def test_provisional_identifiers_are_not_taken() -> None:
    """Nor 0, which is padding (RFC 8285 §4.2)."""
    found = taken(
        media(Extension(CAPTURE_TIME_URI, 4096, ""), Extension(AUDIO_LEVEL_URI, 0, "")),
        FORWARDED,
        sending=True,
    )

    assert list(found) == []


def test_identifiers_are_found_by_uri() -> None:
    """0 stands for none."""
    extensions = (Extension(DEPENDENCY_URI, 12, ""), Extension(CAPTURE_TIME_URI, 5, ""))

    assert identifier(extensions, DEPENDENCY_URI) == 12
    assert forwarded_ids(extensions) == ExtensionIds(0, 5, 12)


def test_what_is_offered_reads_back() -> None:
    """Only what has an identifier is offered."""
    wanted = ExtensionIds(audio_level=1, dependency=3)

    assert forwarded_ids(offered(wanted)) == wanted
    assert len(offered(wanted)) == 2


def test_only_what_both_have_in_common_is_used() -> None:
    """An answer that gives another identifier has not taken the extension."""
    assert common(ExtensionIds(1, 2, 3), ExtensionIds(1, 5, 0)) == ExtensionIds(1, 0, 0)
