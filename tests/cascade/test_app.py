"""Laws of the plane."""

from pathlib import Path

import offers
import pytest
import whepkit
from prometheus_client import CollectorRegistry
from whepkit import until
from whip import new_keys

from cascade import app
from levelchat.clock import SystemClock
from levelchat.service.plane import Context
from levelchat.service.settings import Settings, SettingsError


def test_it_needs_webrtc() -> None:
    """And says so."""
    context = Context(
        clock=SystemClock(),
        settings=Settings({}),
        metrics=CollectorRegistry(),
        keys=new_keys(),
        data=Path(),
    )

    with pytest.raises(SettingsError, match="WebRTC"):
        app.create(context)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_subscribers", -1),
        ("packet_budget", 0),
        ("processor_budget", 101),
        ("max_children", 0),
        ("max_depth", 9),
        ("linger_seconds", -1),
        ("silence_ms", 1),
        ("node_secret", "short"),
        ("kitchen", 1),
    ],
)
async def test_settings_that_cannot_be_are_named(name: str, value: object) -> None:
    """Before anything runs."""
    with pytest.raises(SettingsError, match=name):
        async with whepkit.running(**{name: value}):
            pass


async def test_what_is_published_is_counted() -> None:
    """And no more when it is over."""
    async with whepkit.running() as whep:
        anna = whep.publish("anna")
        assert whep.metric("levelchat_cascade_publications") == 1

        anna.end()

        assert whep.metric("levelchat_cascade_publications") == 0


async def test_the_load_is_told() -> None:
    """As a share of what the node takes."""
    async with whepkit.running(max_subscribers=4) as whep:
        await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])

        await until(lambda: whep.metric("levelchat_cascade_load") >= 0.25)
