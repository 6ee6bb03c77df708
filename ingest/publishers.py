"""All WHIP sessions of a process, and who is each room's publisher.

Comes in: offers that were taken, ends of sessions. Goes out: sessions, or the reason why there is
no place. A room has at most one live session and one that is still connecting.
"""

from ingest.errors import IngestDraining, IngestFull, RoomTaken, SessionNotFound
from ingest.session import Session, Surroundings
from levelchat.rtc.answer import render
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.negotiate import Negotiation
from levelchat.rtc.sdp import Offer
from levelchat.service.presence import Membership

RETRY_FULL = {"Retry-After": "10"}
"""Seconds; places become free when broadcasts end, which is not a matter of seconds."""
RETRY_DRAINING = {"Retry-After": "5"}
"""Seconds; a restart takes less than 10, and a load balancer notices in about five."""


class Publishers:
    """The `SessionOwner` of every session."""

    def __init__(self, endpoint: RtcEndpoint, around: Surroundings) -> None:
        self._endpoint = endpoint
        self._around = around
        self._sessions: dict[str, Session] = {}
        self._live: dict[str, Session] = {}
        self._connecting: dict[str, Session] = {}
        self._draining = False

    @property
    def load(self) -> float:
        """How full this plane is, 0.0 to 1.0."""
        return len(self._sessions) / max(self._around.settings.max_publishers, 1)

    def begin(self, place: Membership, offer: Offer, decided: Negotiation) -> tuple[Session, str]:
        """A session for the offer, and its answer."""
        room = place.grant.media_id
        self.check_place(room, place.grant.identity)
        former = self._connecting.get(room)
        if former is not None:
            former.close("replaced by a newer offer before it connected")
        session = Session(place, decided, offer.ice, self._endpoint, self._around, self)
        peer = self._endpoint.open(offer, decided.setup, session)
        session.begin(peer)
        self._sessions[session.key] = session
        self._connecting[room] = session
        self._around.metrics.sessions.set(len(self._sessions))
        return session, render(offer, decided, self._endpoint.local_side(peer))

    def find(self, room: str, key: str) -> Session:
        """The session with that URL."""
        session = self._sessions.get(key)
        if session is None or not session.answers_to(room):
            raise SessionNotFound("this WHIP session is over, or never was; POST a new offer")
        return session

    def on_live(self, session: Session) -> None:
        """The session's media came: whoever published before is done."""
        if self._connecting.get(session.room) is session:
            del self._connecting[session.room]
        former = self._live.get(session.room)
        self._live[session.room] = session
        self._around.metrics.publishers.set(len(self._live))
        if former is not None:
            former.close("replaced by another publisher")

    def on_end(self, session: Session) -> None:
        """Nothing is kept of it."""
        del self._sessions[session.key]
        for table in (self._live, self._connecting):
            if table.get(session.room) is session:
                del table[session.room]
        metrics = self._around.metrics
        metrics.ended.inc()
        metrics.sessions.set(len(self._sessions))
        metrics.publishers.set(len(self._live))

    def drain(self) -> None:
        """Takes nobody new, and ends everybody."""
        self._draining = True
        for session in list(self._sessions.values()):
            session.close("server draining")

    def check_place(self, room: str, identity: str) -> None:
        """Raises `IngestDraining`, `RoomTaken` or `IngestFull`."""
        if self._draining:
            raise IngestDraining("this server is stopping", headers=RETRY_DRAINING)
        settings = self._around.settings
        present = [table[room] for table in (self._live, self._connecting) if room in table]
        # Whoever comes back, from another network or after a crash, replaces themselves.
        is_taken = any(session.identity != identity for session in present)
        if is_taken and not settings.takeover:
            raise RoomTaken(f"{room} has a publisher, and ingest.takeover is off")
        if len(self._sessions) - len(present) >= settings.max_publishers:
            raise IngestFull(
                f"this server takes {settings.max_publishers} publishers at a time "
                "(ingest.max_publishers)",
                headers=RETRY_FULL,
            )
