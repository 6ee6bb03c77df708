"""All WHIP sessions of a process, and who is each room's publisher.

Comes in: offers that were taken, ends of sessions. Goes out: sessions, or the reason why there is
no place. A room has at most one live session and one that is still connecting.
"""

from ingest.errors import IngestDraining, IngestFull, RoomTaken, SessionNotFound
from ingest.session import Session, Surroundings
from levelchat.rtc.endpoint import RtcEndpoint
from levelchat.rtc.negotiate import Negotiation
from levelchat.rtc.sdp import Offer

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

    def begin(
        self, room: str, identity: str, offer: Offer, decided: Negotiation
    ) -> tuple[Session, str]:
        """A session for the offer, and its answer."""
        self._refuse_if_no_place(room)
        former = self._connecting.get(room)
        if former is not None:
            former.close("replaced by a newer offer before it connected")
        session = Session(room, identity, decided, offer.ice, self._around, self)
        peer = self._endpoint.open(offer, decided, session)
        session.begin(peer)
        self._sessions[session.key] = session
        self._connecting[room] = session
        self._around.metrics.sessions.set(len(self._sessions))
        return session, self._endpoint.answer(offer, decided, peer)

    def find(self, room: str, key: str) -> Session:
        """The session with that URL."""
        session = self._sessions.get(key)
        if session is None or session.room != room:
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

    def _refuse_if_no_place(self, room: str) -> None:
        if self._draining:
            raise IngestDraining("this server is stopping", headers=RETRY_DRAINING)
        settings = self._around.settings
        present = (room in self._live) + (room in self._connecting)
        if present and not settings.takeover:
            raise RoomTaken(f"{room} has a publisher, and ingest.takeover is off")
        if len(self._sessions) - present >= settings.max_publishers:
            raise IngestFull(
                f"this server takes {settings.max_publishers} publishers at a time "
                "(ingest.max_publishers)",
                headers=RETRY_FULL,
            )
