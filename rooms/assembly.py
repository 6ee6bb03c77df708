"""Makes the parts of rooms and gives each what it needs.

Comes in: the context. Goes out: parts that do nothing yet.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, cast

import msgspec

from levelchat.auth.token import Minter
from levelchat.bus.seams import Bus
from levelchat.clock import Clock
from levelchat.service.plane import Context
from levelchat.service.settings import Settings
from rooms import pepper
from rooms.accounts import Accounts
from rooms.alarm import Alarm
from rooms.api.api import RoomsApi
from rooms.api.identities import StoredIdentities
from rooms.attendance import Attendance
from rooms.fleet import Fleet
from rooms.housekeeping import Housekeeping
from rooms.metrics import RoomsMetrics
from rooms.minting import Minting
from rooms.model import SECOND, Millis
from rooms.passwords import Passwords
from rooms.presence import PresenceDesk
from rooms.reports import Reports
from rooms.settings import RoomsSettings
from rooms.signal.metrics import SignalMetrics
from rooms.signal.seams import Surroundings
from rooms.signal.signalling import Signalling
from rooms.steady import NANOSECONDS_PER_MILLISECOND, SteadyTime
from rooms.store.location import database_url
from rooms.store.store import Store
from rooms.store.transaction import Transactions
from rooms.sweeper import Sweeper
from rooms.tenancy import Tenants
from rooms.webhooks.dispatcher import Dispatcher
from rooms.webhooks.endpoints import Endpoints
from rooms.webhooks.outbox import Outbox
from rooms.webhooks.secrets import SecretBox, box
from rooms.webhooks.sender import sending


class Listener(Protocol):
    """Hears things on the bus."""

    async def start(self) -> None:
        """Subscribes."""


class Worker(Protocol):
    """Has tasks."""

    async def run(self) -> None:
        """Works until cancelled."""


class Parts(msgspec.Struct, frozen=True):
    """Everything that the plane runs."""

    url: str
    store: Store
    bus: Bus
    transactions: Transactions
    tenants: Tenants
    api: RoomsApi
    signalling: Signalling
    listeners: Sequence[Listener]
    workers: Sequence[Worker]


def assemble(context: Context) -> Parts:
    """Nothing is opened, and nothing runs."""
    settings = context.settings.section("rooms", RoomsSettings)
    url = database_url(cast("Settings", context.settings))
    store = Store(url, settings.database_connections)
    metrics = RoomsMetrics(context.metrics)
    alarm, deliveries = Alarm(), Alarm()
    transactions = Transactions(
        store, context.bus, _steadily(context.clock), Outbox(deliveries.set), alarm
    )
    secret = pepper.load_or_create(context.data)
    tenants, accounts = Tenants(secret), Accounts(Passwords(), secret)
    attendance = Attendance(transactions)
    minting = Minting(transactions, Minter(context.keys), context.bus, context.clock)
    fleet = Fleet(context.bus, transactions)
    secrets = box(context.data)
    signalling = Signalling(
        Surroundings(
            node=context.node.name,
            settings=settings,
            transactions=transactions,
            attendance=attendance,
            minting=minting,
            bus=context.bus,
            verifier=context.verifier,
            clock=context.clock,
            metrics=SignalMetrics(context.metrics),
            media_base=fleet.media_base,
        )
    )
    return Parts(
        url=url,
        store=store,
        bus=context.bus,
        transactions=transactions,
        tenants=tenants,
        api=RoomsApi(
            transactions=transactions,
            minting=minting,
            identities=StoredIdentities(
                transactions, tenants, accounts, context.verifier, context.clock
            ),
            hooks=Endpoints(secrets, deliveries.set, private=settings.webhook_private_addresses),
            settings=settings,
            clock=context.clock,
            place=fleet.media_base,
        ),
        signalling=signalling,
        listeners=(
            minting,
            fleet,
            PresenceDesk(context.bus, attendance, transactions, settings),
            Reports(context.bus, transactions),
        ),
        workers=(
            attendance,
            fleet,
            signalling,
            Sweeper(transactions, alarm, metrics, context.node.name),
            Housekeeping(transactions, context.node.name),
            _dispatcher(transactions, secrets, deliveries, metrics, context.clock, settings),
        ),
    )


def _dispatcher(
    transactions: Transactions,
    secrets: SecretBox,
    deliveries: Alarm,
    metrics: RoomsMetrics,
    clock: Clock,
    settings: RoomsSettings,
) -> Dispatcher:
    return Dispatcher(
        transactions,
        partial(
            sending,
            private=settings.webhook_private_addresses,
            seconds=settings.webhook_seconds,
        ),
        secrets,
        deliveries,
        metrics,
        lambda: clock.wall_ns() // NANOSECONDS_PER_MILLISECOND,
        deadline=settings.webhook_seconds * SECOND,
    )


def _steadily(clock: Clock) -> Callable[[], Millis]:
    """The time of rows: a clock that is set ends no room and bills no hour."""
    steady = SteadyTime()
    return lambda: steady.advance(clock.wall_ns(), clock.monotonic_ns())
