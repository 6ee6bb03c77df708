"""Laws of where a packet of an unknown SSRC belongs."""

import struct

import offers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.routing import Place, Routed, Routing
from levelchat.rtc.negotiate import AcceptedTrack, negotiate
from levelchat.rtc.sdp import parse_offer

AUDIO, VIDEO = 0, 1


def packet(payload_type: int, elements: dict[int, bytes] | None = None) -> bytes:
    """RTP of a new SSRC with one-byte header extensions (RFC 8285 §4.2)."""
    body = b"".join(
        bytes(((identifier << 4) | (len(value) - 1),)) + value
        for identifier, value in (elements or {}).items()
    )
    body += bytes(-len(body) % 4)
    header = struct.pack("!BBHII", 0x90 if elements else 0x80, payload_type, 1, 0, 0xFACE)
    extension = struct.pack("!HH", 0xBEDE, len(body) // 4) + body if elements else b""
    return header + extension + b"payload"


@pytest.fixture
def tracks() -> tuple[AcceptedTrack, ...]:
    return negotiate(parse_offer(offers.CHROMIUM_SIMULCAST)).tracks


def test_a_layer_is_found_by_its_name(tracks: tuple[AcceptedTrack, ...]) -> None:
    """In media by RID, in retransmissions by the repaired RID."""
    video = tracks[VIDEO]
    assert video.rtx is not None
    routing = Routing(tracks)
    for rid in video.rids:
        name = rid.encode()
        place = Place(video.index, rid)
        media = packet(video.format.payload_type, {video.rid_id: name})
        repair = packet(video.rtx.payload_type, {video.repaired_rid_id: name})
        assert routing.find(media) == Routed(place, repair=False)
        assert routing.find(repair) == Routed(place, repair=True)


def test_a_track_without_layers_is_found_by_payload_type(
    tracks: tuple[AcceptedTrack, ...],
) -> None:
    """Which is unique in a bundle."""
    audio = tracks[AUDIO]

    found = Routing(tracks).find(packet(audio.format.payload_type))

    assert found == Routed(Place(audio.index, ""), repair=False)


def test_what_says_too_little_goes_nowhere(tracks: tuple[AcceptedTrack, ...]) -> None:
    """A layer without its name, a name that was not agreed on, an unknown payload type."""
    video = tracks[VIDEO]
    routing = Routing(tracks)

    assert routing.find(packet(video.format.payload_type)) is None
    assert routing.find(packet(video.format.payload_type, {video.rid_id: b"zz"})) is None
    assert routing.find(packet(77)) is None


@given(st.binary(min_size=12, max_size=60))
def test_garbage_is_never_an_error(data: bytes) -> None:
    """Whatever was decrypted is routed or not."""
    tracks = negotiate(parse_offer(offers.CHROMIUM_SIMULCAST)).tracks

    Routing(tracks).find(b"\x90" + data[1:])
