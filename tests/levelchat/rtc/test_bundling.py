"""Laws of the one transport that a session has."""

import offers
import pytest

from levelchat.rtc.bundling import check_bundle, check_payload_types, our_setup
from levelchat.rtc.errors import UnsupportedSdp
from levelchat.rtc.sdp import Format, parse_offer


@pytest.mark.parametrize(
    ("theirs", "ours"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")]
)
def test_roles_fit(theirs: str, ours: str) -> None:
    """We are the DTLS server unless the peer insists on being it."""
    assert our_setup(parse_offer(offers.offer(offers.AUDIO, setup=theirs))) == ours


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (offers.offer(offers.AUDIO, setup="holdconn"), "setup"),
        (offers.offer(offers.AUDIO).replace("sha-256", "md5"), "fingerprint"),
    ],
)
def test_dtls_needs_a_role_and_a_digest(text: str, says: str) -> None:
    """What is missing is named."""
    with pytest.raises(UnsupportedSdp, match=says):
        our_setup(parse_offer(text))


def test_several_m_lines_need_a_bundle_and_one_does_not() -> None:
    """RFC 9725 §4.4.1, and rtcp-mux on each."""
    alone = parse_offer(offers.offer(offers.AUDIO, bundle=""))
    check_bundle(alone, alone.media)
    apart = parse_offer(offers.offer(offers.AUDIO, offers.VIDEO, bundle="a"))
    with pytest.raises(UnsupportedSdp, match="BUNDLE"):
        check_bundle(apart, apart.media)
    unmixed = parse_offer(offers.offer(offers.AUDIO.replace("a=rtcp-mux\n", "")))
    with pytest.raises(UnsupportedSdp, match="rtcp-mux"):
        check_bundle(unmixed, unmixed.media)


def test_a_payload_type_has_one_meaning() -> None:
    """It may stand on many m-lines, as the same."""
    vp8 = Format(96, "vp8", 90_000)
    check_payload_types([vp8, vp8, Format(97, "rtx", 90_000, fmtp="apt=96")])
    with pytest.raises(UnsupportedSdp, match="payload type 96"):
        check_payload_types([vp8, Format(96, "vp9", 90_000)])
