"""All WHIP sessions of a process, and who is each room's publisher.

Comes in: offers that were taken, ends of sessions. Goes out: sessions, or the reason why there is
no place. The programme of a room, and each identity on its stage, has at most one live session and
one that is still connecting.
"""

from ingest.errors import (
    IngestDraining,
    IngestFull,
    ProgrammeUnavailable,
    RoomTaken,
    SessionNotFound,
    StageFull,
    StageUnavailable,
)
from ingest.session import Session, Surroundings, Target
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
        self._live: dict[tuple[str, str], Session] = {}
        """By what only one can have: `Session.place`."""
        self._connecting: dict[tuple[str, str], Session] = {}
        self._draining = False

    @property
    def load(self) -> float:
        """How full this plane is, 0.0 to 1.0."""
        return len(self._sessions) / max(self._around.settings.max_publishers, 1)

    def begin(
        self, place: Membership, target: Target, offer: Offer, decided: Negotiation
    ) -> tuple[Session, str]:
        """A session for the offer, and its answer."""
        self.check_place(place.grant.media_id, place.grant.identity, target)
        session = Session(place, target, decided, offer.ice, self._endpoint, self._around, self)
        former = self._connecting.get(session.place)
        if former is not None:
            former.close("replaced by a newer offer before it connected")
        peer = self._endpoint.open(offer, decided.setup, session)
        session.begin(peer)
        self._sessions[session.key] = session
        self._connecting[session.place] = session
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
        if self._connecting.get(session.place) is session:
            del self._connecting[session.place]
        former = self._live.get(session.place)
        self._live[session.place] = session
        self._around.metrics.publishers.set(len(self._live))
        if former is not None:
            former.close("replaced by another publisher")

    def on_end(self, session: Session) -> None:
        """Nothing is kept of it."""
        del self._sessions[session.key]
        for table in (self._live, self._connecting):
            if table.get(session.place) is session:
                del table[session.place]
        metrics = self._around.metrics
        metrics.ended.inc()
        metrics.sessions.set(len(self._sessions))
        metrics.publishers.set(len(self._live))

    def drain(self) -> None:
        """Takes nobody new, and ends everybody."""
        self._draining = True
        for session in list(self._sessions.values()):
            session.close("server draining")

    def check_place(self, room: str, identity: str, target: Target) -> None:
        """Raises what stands against another session there."""
        if self._draining:
            raise IngestDraining("this server is stopping", headers=RETRY_DRAINING)
        place = (room, identity if target == "stage" else "")
        present = [table[place] for table in (self._live, self._connecting) if place in table]
        if target == "stage":
            self._check_stage(room, present)
        else:
            self._check_programme(room, identity, present)
        settings = self._around.settings
        if len(self._sessions) - len(present) >= settings.max_publishers:
            raise IngestFull(
                f"this server takes {settings.max_publishers} publishers at a time "
                "(ingest.max_publishers)",
                headers=RETRY_FULL,
            )

    def _check_programme(self, room: str, identity: str, present: list[Session]) -> None:
        if self._around.frames is None:
            raise ProgrammeUnavailable(
                "this server has no packager: publish to the stage with ?to=stage"
            )
        # Whoever comes back, from another network or after a crash, replaces themselves.
        is_taken = any(session.identity != identity for session in present)
        if is_taken and not self._around.settings.takeover:
            raise RoomTaken(f"{room} has a publisher, and ingest.takeover is off")

    def _check_stage(self, room: str, present: list[Session]) -> None:
        if self._around.stage is None:
            raise StageUnavailable(
                "this server has no cascade: publish the programme, without ?to=stage"
            )
        most = self._around.settings.max_stage_publishers
        there = {
            session.place
            for session in self._sessions.values()
            if session.target == "stage" and session.room == room
        }
        if not present and len(there) >= most:
            raise StageFull(
                f"{room} has {most} publishers on its stage (ingest.max_stage_publishers)",
                headers=RETRY_FULL,
            )
