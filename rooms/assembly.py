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


class _Ground(msgspec.Struct, frozen=True):
    """What all parts stand on."""

    context: Context
    settings: RoomsSettings
    url: str
    store: Store
    transactions: Transactions
    alarm: Alarm
    deliveries: Alarm
    secrets: SecretBox
    metrics: RoomsMetrics


def assemble(context: Context) -> Parts:
    """Nothing is opened, and nothing runs."""
    ground = _ground(context)
    transactions, bus = ground.transactions, context.bus
    tenants = Tenants(pepper.load_or_create(context.data))
    attendance = Attendance(transactions)
    minting = Minting(transactions, Minter(context.keys), bus, context.clock)
    fleet = Fleet(bus, transactions)
    signalling = _signalling(ground, attendance, minting, fleet)
    return Parts(
        url=ground.url,
        store=ground.store,
        bus=bus,
        transactions=transactions,
        tenants=tenants,
        api=_api(ground, tenants, minting, fleet),
        signalling=signalling,
        listeners=(
            minting,
            fleet,
            PresenceDesk(bus, attendance, transactions, ground.settings),
            Reports(bus, transactions),
        ),
        workers=(
            attendance,
            fleet,
            signalling,
            Sweeper(transactions, ground.alarm, ground.metrics, context.node.name),
            Housekeeping(transactions, context.node.name),
            _dispatcher(ground),
        ),
    )


def _ground(context: Context) -> _Ground:
    settings = context.settings.section("rooms", RoomsSettings)
    url = database_url(cast("Settings", context.settings))
    store = Store(url, settings.database_connections)
    alarm, deliveries = Alarm(), Alarm()
    now = _steadily(context.clock)
    return _Ground(
        context=context,
        settings=settings,
        url=url,
        store=store,
        transactions=Transactions(store, context.bus, now, Outbox(deliveries.set), alarm),
        alarm=alarm,
        deliveries=deliveries,
        secrets=box(context.data),
        metrics=RoomsMetrics(context.metrics),
    )


def _api(ground: _Ground, tenants: Tenants, minting: Minting, fleet: Fleet) -> RoomsApi:
    context, private = ground.context, ground.settings.webhook_private_addresses
    accounts = Accounts(Passwords(), pepper.load_or_create(context.data))
    return RoomsApi(
        transactions=ground.transactions,
        minting=minting,
        identities=StoredIdentities(
            ground.transactions, tenants, accounts, context.verifier, context.clock
        ),
        hooks=Endpoints(ground.secrets, ground.deliveries.set, private=private),
        settings=ground.settings,
        clock=context.clock,
        place=fleet.media_base,
    )


def _signalling(
    ground: _Ground, attendance: Attendance, minting: Minting, fleet: Fleet
) -> Signalling:
    context = ground.context
    return Signalling(
        Surroundings(
            node=context.node.name,
            settings=ground.settings,
            transactions=ground.transactions,
            attendance=attendance,
            minting=minting,
            bus=context.bus,
            verifier=context.verifier,
            clock=context.clock,
            metrics=SignalMetrics(context.metrics),
            media_base=fleet.media_base,
        )
    )


def _dispatcher(ground: _Ground) -> Dispatcher:
    seconds, clock = ground.settings.webhook_seconds, ground.context.clock
    private = ground.settings.webhook_private_addresses
    return Dispatcher(
        ground.transactions,
        partial(sending, private=private, seconds=seconds),
        ground.secrets,
        ground.deliveries,
        ground.metrics,
        lambda: clock.wall_ns() // NANOSECONDS_PER_MILLISECOND,
        deadline=seconds * SECOND,
    )


def _steadily(clock: Clock) -> Callable[[], Millis]:
    """The time of rows: a clock that is set ends no room and bills no hour."""
    steady = SteadyTime()
    return lambda: steady.advance(clock.wall_ns(), clock.monotonic_ns())
