"""What is done about the RTCP of routes (F16 to F20).

Comes in: decrypted compound packets. Goes out: retransmissions, reports of outlets, requests for
key frames, and what is left as an event.
"""

from levelchat.rtc.forward import feedback, sender_reports
from levelchat.rtc.forward.events import EventQueue
from levelchat.rtc.forward.fanout import Fanout
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.rewriting import stamped
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import ForwarderEvents, Totals
from levelchat.rtc.forward.wire import Wire
from levelchat.rtc.rtcp import SenderReport


class Answers:
    """*routes* is the core's."""

    def __init__(
        self,
        queue: EventQueue,
        totals: Totals,
        wire: Wire,
        fanout: Fanout,
        routes: dict[int, Route],
    ) -> None:
        self._queue = queue
        self._totals = totals
        self._wire = wire
        self._fanout = fanout
        self._routes = routes
        self._events: ForwarderEvents

    def open(self, events: ForwarderEvents) -> None:
        self._events = events

    def on_rtcp(self, route: Route, packet: bytes, now_ns: int) -> None:
        """One compound packet of *route*."""
        said = feedback.read(packet)
        if route.outlets:
            self._on_feedback(route, said, now_ns)
        for report in said.sender_reports:
            source, repair = route.attached.get(report.ssrc, (None, False))
            if source is not None and not repair:
                source.on_report(report, now_ns)
                for outlet in source.carrying:
                    self._report(outlet, report, now_ns)
        rest = said.rest if route.only_subscribes else packet
        if rest and route.rtcp.take(now_ns):
            self._queue.tell(self._events.on_rtcp, route.number, rest, now_ns)

    def _on_feedback(self, route: Route, said: feedback.Feedback, now_ns: int) -> None:
        for ssrc, sequence in said.nacks:
            outlet = route.outlets.get(ssrc)
            if outlet is not None and ssrc == outlet.config.ssrc:
                self._on_nack(route, outlet, sequence, now_ns)
        for ssrc in said.key_frames:
            outlet = route.outlets.get(ssrc)
            if outlet is not None:
                outlet.stats.plis += 1
                self._fanout.ask_key_frame(outlet, now_ns)
        for block in said.blocks:
            outlet = route.outlets.get(block.ssrc)
            if outlet is not None:
                outlet.on_block(block, now_ns)
        if said.remb is not None:
            route.stats.remb = said.remb
            route.stats.remb_ns = now_ns

    def _on_nack(self, route: Route, outlet: Outlet, sequence: int, now_ns: int) -> None:
        outlet.stats.nacked += 1
        if outlet.recall(sequence, now_ns) is None:
            outlet.stats.unanswered += 1
            return
        self._wire.resend(route, outlet)
        outlet.stats.resent += 1
        self._totals.resent += 1

    def _report(self, outlet: Outlet, report: SenderReport, now_ns: int) -> None:
        """F16."""
        run = outlet.run
        if run is None or run.history.report is not report:
            # It sends nothing of what the report is about.
            return
        route, ssrc = self._routes[outlet.route], outlet.config.ssrc
        counts = outlet.stats.packets, outlet.stats.bytes
        timestamp = stamped(report.rtp_timestamp, run)
        self._wire.send_rtcp(
            route, sender_reports.compound(ssrc, route.cname, report.ntp, timestamp, counts)
        )
        outlet.on_report_sent(report.ntp, now_ns)
