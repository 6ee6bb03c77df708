"""What nodes report of streams, told to webhooks and to who is in the room.

Comes in: streams that begin and end, and how well their packets arrive. Goes out:
`stream.started`, `stream.stopped`, `qos.alert`, and the same reports for signalling.
"""

import structlog

from levelchat.bus.messages import Message, Quality, StreamStarted, StreamStopped
from levelchat.bus.seams import REPORTS, ROOMS, Bus, signal_subject
from rooms.alerts import Alerts
from rooms.errors import StoreUnavailable
from rooms.store import rooms as room_rows
from rooms.store.transaction import Transaction, Transactions
from rooms.webhooks import payloads

_log = structlog.get_logger("rooms")


class Reports:
    """Listens to the nodes."""

    def __init__(self, bus: Bus, transactions: Transactions) -> None:
        self._bus = bus
        self._transactions = transactions
        self._alerts = Alerts()

    async def start(self) -> None:
        """Listens; each report reaches one replica."""
        await self._bus.subscribe(REPORTS, self._on_report, ROOMS)

    async def _on_report(self, message: Message) -> None:
        if not isinstance(message, StreamStarted | StreamStopped | Quality):
            return
        self._bus.publish(signal_subject(message.media_id), message)
        if isinstance(message, StreamStopped):
            self._alerts.forget(message.media_id, message.identity)
        if isinstance(message, Quality) and not self._alerts.take(
            message.media_id, message.identity, message.fraction_lost
        ):
            return
        try:
            async with self._transactions.writing(None) as tx:
                await _announce(tx, message)
        except StoreUnavailable as error:
            _log.warning("a report was not announced", reason=error.detail)


async def _announce(tx: Transaction, message: StreamStarted | StreamStopped | Quality) -> None:
    room = await room_rows.by_media_id(tx.db, message.media_id)
    if room is None:
        return
    if isinstance(message, StreamStarted):
        event, data = "stream.started", payloads.stream_data(room, message)
    elif isinstance(message, StreamStopped):
        event, data = "stream.stopped", payloads.stream_data(room, message)
    else:
        event, data = "qos.alert", payloads.quality_data(room, message)
    await tx.outbox.announce(tx, room.org_id, room.project_id, event, data)
