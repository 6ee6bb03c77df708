"""A publisher and a subscriber of numbered pictures, as a process: `tests/e2e/test_netem.py`.

Comes in: where the server is, two tokens, and on standard input how the network is made bad, once
it may be. Goes out: on standard output that pictures flow, then what was seen of them, as JSON.
"""

import asyncio
import json
import sys
import time

import aiohttp
from counterkit import RATE, Camera, Screen, closing
from netsim import BAD, CLEAN, relay

WARM_UP, PICTURES = RATE, 3 * RATE
READY_SECONDS, SHOWN_SECONDS = 20, 20
COUNTERS = ("levelchat_rtc_resent_total", 'levelchat_ingest_nacks_total{kind="video"}')
_OK = 200


async def ready(http: aiohttp.ClientSession, base: str) -> None:
    """The server answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            async with http.get(f"{base}/readyz") as response:
                if response.status == _OK:
                    return
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{base} is not ready within {READY_SECONDS} s")


async def roll(camera: Camera, screen: Screen, pictures: int) -> None:
    """Until so many more were sent and are shown."""
    sent = camera.numbers.count + pictures
    async with asyncio.timeout(SHOWN_SECONDS):
        while screen.shown.newest < sent:
            await asyncio.sleep(0.02)


async def counters(http: aiohttp.ClientSession, base: str) -> dict[str, float]:
    """What the server counted."""
    async with http.get(f"{base}/metrics") as response:
        lines = (await response.text()).splitlines()
    pairs = [line.rpartition(" ") for line in lines]
    return {name: float(value) for name, _, value in pairs if name in COUNTERS}


def say(line: str) -> None:
    """To the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(host: str, base: str, room: str, publishing: str, watching: str) -> None:
    """*host* is an address of this process's own; the last two are tokens."""
    camera = Camera("VP8")
    screen = Screen(camera.numbers)
    with relay(3, host) as up, relay(4, host) as down:
        async with aiohttp.ClientSession() as http, closing(camera, screen):
            await ready(http, base)
            await camera.publish(http, f"{base}/v1/whip/{room}?to=stage", publishing, up)
            await screen.watch(http, f"{base}/v1/whep/{room}", watching, down)
            await roll(camera, screen, WARM_UP)
            say("flowing")
            way = await asyncio.to_thread(sys.stdin.readline)
            bad = BAD if way == "relay\n" else CLEAN
            for each in (up, down):
                each.impair(up=bad, down=bad)
            screen.shown.forget()
            await roll(camera, screen, PICTURES)
            shown = screen.shown
            seen = {
                "shown": len(shown.numbers),
                "missing": shown.missing,
                "unreadable": shown.unreadable,
                "behind": shown.behind,
            }
            say(json.dumps(seen | await counters(http, base)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
