"""To which stream a packet belongs whose SSRC nobody announced.

Comes in: what was agreed on, a packet. Goes out: the stream's name, and whether it is a
retransmission; nothing when the packet says too little. Pure.
"""

from collections.abc import Iterable
from typing import NamedTuple

from levelchat.rtc import rtp
from levelchat.rtc.negotiate import AcceptedTrack

_PAYLOAD_TYPE = 0x7F


class Place(NamedTuple):
    """One stream of the session."""

    track: int
    """Index of the m-line."""
    rid: str


class Routed(NamedTuple):
    """Where a packet goes."""

    place: Place
    repair: bool


class Routing:
    """One session's."""

    def __init__(self, tracks: Iterable[AcceptedTrack]) -> None:
        self._by_payload_type: dict[int, tuple[AcceptedTrack, bool]] = {}
        # RFC 9143 §9.2 allows routing by payload type, which is unique in our bundles.
        for track in tracks:
            for item in (track.red, track.format):
                if item is not None:
                    self._by_payload_type[item.payload_type] = (track, False)
            if track.rtx is not None:
                self._by_payload_type[track.rtx.payload_type] = (track, True)

    def find(self, packet: bytes) -> Routed | None:
        """Where a decrypted packet goes; None: it is none of what was agreed on, or does not say
        which layer it is of.
        """
        track, repair = self._by_payload_type.get(packet[1] & _PAYLOAD_TYPE, (None, False))
        if track is None:
            return None
        if not track.rids:
            return Routed(Place(track.index, ""), repair)
        try:
            parsed = rtp.parse(packet, 0)
        except rtp.MalformedRtp:
            return None
        # RFC 8852 §4: the layer's name; of a retransmission the name of what it repairs.
        wanted = track.repaired_rid_id if repair else track.rid_id
        element = rtp.extension_element(parsed, wanted) if wanted and parsed.extension else None
        if element is None:
            return None
        rid = element.decode("ascii", "replace")
        return Routed(Place(track.index, rid), repair) if rid in track.rids else None
