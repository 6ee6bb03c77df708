"""`levelchat webhook-listen`: a receiver that verifies deliveries and prints them."""

import asyncio
import signal
import sys
from collections.abc import Callable

import click
import msgspec
from aiohttp import web

from levelchat.client import webhook
from levelchat.client.errors import WebhookInvalid
from levelchat.clock import Clock, SystemClock
from levelchat.commands import options
from levelchat.media.time import NANOSECOND
from levelchat.service.server import PortInUse

REFUSED = 3
"""Exit code when a delivery proved nothing."""
_PATH = "/{anything:.*}"


class Received(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request, as `--json` prints it."""

    verified: bool
    headers: dict[str, str]
    error: str | None = None
    event: object = None
    """As it came, where it is JSON."""


class Listener:
    """Answers deliveries with *status*, and those that prove nothing with 400; without a
    *secret* all are taken. *show* is called with each.
    """

    def __init__(
        self, secret: str | None, status: int, clock: Clock, show: Callable[[Received], None]
    ) -> None:
        self._secret = secret
        self._status = status
        self._clock = clock
        self._show = show
        self.came = 0
        self.refused = 0
        self.on_delivery: Callable[[], None] = lambda: None

    async def take(self, request: web.Request) -> web.Response:
        """One delivery."""
        received = self._look_at(request, await request.read())
        self._show(received)
        self.came += 1
        self.refused += received.error is not None
        self.on_delivery()
        if received.error is None:
            return web.Response(status=self._status)
        return web.Response(status=WebhookInvalid.status, text=received.error)

    def _look_at(self, request: web.Request, body: bytes) -> Received:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower().startswith("x-lc-webhook-")
        }
        event = _json(body)
        if self._secret is None:
            return Received(verified=False, headers=headers, event=event)
        try:
            now = self._clock.wall_ns() / NANOSECOND
            webhook.verify(request.headers, body, self._secret, now)
        except WebhookInvalid as error:
            return Received(verified=False, headers=headers, error=error.detail, event=event)
        return Received(verified=True, headers=headers, event=event)


@click.command("webhook-listen")
@click.option("--port", default=9000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--secret",
    metavar="whsec_…",
    envvar="LEVELCHAT_WEBHOOK_SECRET",
    help="Of the webhook, to verify with [default: $LEVELCHAT_WEBHOOK_SECRET; none: unverified].",
)
@click.option(
    "--status",
    default=200,
    show_default=True,
    type=click.IntRange(200, 599),
    help="What to answer good deliveries with: 503 to see retries, 410 to see it stop.",
)
@click.option("--count", type=click.IntRange(1), help="Stop after so many [default: Ctrl-C].")
@options.json_output
def command(
    port: int, host: str, secret: str | None, status: int, count: int | None, *, as_json: bool
) -> None:
    """Receive webhooks on this machine, verify and print them.

    The server must run with rooms.webhook_private_addresses=true to deliver here. Exit code 3: a
    delivery proved nothing.
    """
    show = _print_json if as_json else _print
    listener = Listener(secret, status, SystemClock(), show)
    asyncio.run(_listen(listener, host, port, count))
    sys.exit(REFUSED if listener.refused else 0)


async def _listen(listener: Listener, host: str, port: int, count: int | None) -> None:
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    if count is not None:
        listener.on_delivery = lambda: done.set() if listener.came >= count else None
    application = web.Application()
    application.router.add_post(_PATH, listener.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortInUse(
                f"{host} port {port} cannot be listened on ({error.strerror}); "
                "choose another with --port"
            ) from error
        click.echo(f"listening on http://{host}:{runner.addresses[0][1]}/", err=True)
        await done.wait()
    finally:
        # Waits for the answer to the last delivery.
        await runner.cleanup()


def _json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")


def _print_json(received: Received) -> None:
    click.echo(msgspec.json.encode(received).decode())


def _print(received: Received) -> None:
    if received.error is not None:
        click.echo(f"REFUSED  {received.error}")
        return
    headers = {name.lower(): value for name, value in received.headers.items()}
    said = [headers.get(f"x-lc-webhook-{name}", "-") for name in ("ts", "type", "id", "attempt")]
    instant, event_type, event_id, attempt = said
    mark = "verified" if received.verified else "unverified"
    click.echo(f"{instant}  {event_type}  {event_id}  attempt {attempt}  {mark}")
    data = received.event.get("data") if isinstance(received.event, dict) else received.event
    click.echo(f"  {msgspec.json.encode(data).decode()}")
