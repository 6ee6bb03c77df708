"""Laws of events and wishes over HTTP."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import offers
import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer
from whepkit import Viewer, Whep, until, viewers

from cascade import event_routes
from cascade.event_routes import MAX_STREAMS, EventRoutes
from cascade.events import Events
from cascade.subscriber import Subscriber

JSON = "application/json"


class Listener:
    """One stream of events, read to its end."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.events: list[tuple[str, Any]] = []

    async def run(self) -> None:
        kind = ""
        async for line in self._response.content:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                kind = text.removeprefix("event: ")
            elif text.startswith("data: "):
                self.events.append((kind, json.loads(text.removeprefix("data: "))))

    def newest(self, kind: str) -> Any:
        return next((data for name, data in reversed(self.events) if name == kind), None)


@contextlib.asynccontextmanager
async def listening(whep: Whep, viewer: Viewer, *kinds: str) -> AsyncIterator[Listener]:
    begun = await whep.ask(
        "POST", viewer.location + "/events", json.dumps(kinds), headers=whep.headers(kind=JSON)
    )
    assert begun.status == 201
    url = whep.base + begun.headers["Location"]
    async with whep.http.get(url, headers=whep.headers()) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        listener = Listener(response)
        reading = asyncio.create_task(listener.run())
        try:
            yield listener
        finally:
            reading.cancel()


async def test_who_is_there_is_told_at_once_and_when_it_changes(whep: Whep) -> None:
    """By slot; the draft's events beside ours."""
    anna = whep.publish("anna", layers=2)
    for layer in (0, 1):
        anna.picture(layer, key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer, seats=2)
        kinds = ("tracks", "layers", "active", "inactive", "viewercount")
        async with listening(whep, viewer, *kinds) as heard:
            await until(lambda: heard.newest("tracks"))
            video = next(each for each in heard.newest("tracks") if each["kind"] == "video")
            assert (video["identity"], video["name"], video["mid"]) == ("anna", "Anna", "v0")
            assert (video["layers"], video["layer"]) == (["m", "h"], "h")
            assert heard.newest("layers")["v0"]["active"] == [{"encodingId": "h"}]
            assert heard.newest("active") == {}
            await until(lambda: heard.newest("viewercount") == {"viewercount": 1})

            whep.publish("ben")
            await until(lambda: len(heard.newest("tracks")) == 4)
            anna.end()
            await until(lambda: len(heard.newest("tracks")) == 2)


async def test_the_speaker_is_told(whep: Whep) -> None:
    """By the levels in the packets; silence ends it."""
    anna, ben = whep.publish("anna"), whep.publish("ben")
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer, seats=2)
        async with listening(whep, viewer, "speaker") as heard:

            def ben_is_heard() -> bool:
                anna.sound(level=90)
                ben.sound(level=20)
                return bool(heard.newest("speaker") == {"session": ben.publication.session})

            await until(ben_is_heard)


async def test_streams_end_with_the_session(whep: Whep) -> None:
    """And there are only so many."""
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        url = whep.base + viewer.location + "/events"
        responses = [await whep.http.get(url, headers=whep.headers()) for _ in range(MAX_STREAMS)]
        refused = await whep.ask("GET", url)
        assert (refused.status, (await refused.json())["code"]) == (429, "too_many_event_streams")
        assert (await whep.ask("DELETE", url)).status == 200

        await whep.ask("DELETE", viewer.location)

        for response in responses:
            await asyncio.wait_for(response.read(), 5)
        assert (await whep.ask("GET", url)).status == 404


@pytest.mark.parametrize("body", ["", "{}", "[1]", '["unheard"]', "[]"])
async def test_unknown_events_are_refused(whep: Whep, body: str) -> None:
    """With the names of those that there are."""
    response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])

    asked = await whep.ask("POST", response.headers["Location"] + "/events", body)

    assert (asked.status, (await asked.json())["code"]) == (400, "unknown_events")


async def test_a_wish_needs_a_slot(whep: Whep) -> None:
    """What cannot be read is 400, an m-line that receives nothing 404."""
    response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
    url = response.headers["Location"] + "/layer"

    assert (await whep.ask("POST", url, "{")).status == 400
    assert (await whep.ask("POST", url, '{"mediaId": "none"}')).status == 404
    assert (await whep.ask("DELETE", url, '{"mediaId": "none"}')).status == 404
    assert (await whep.ask("POST", url, '{"mediaId": "1", "maxWidth": 100}')).status == 200
    assert (await whep.ask("DELETE", url, '{"mediaId": "1"}')).status == 200
    assert (await whep.ask("DELETE", url)).status == 200


async def test_the_end_of_the_speaker_is_told(whep: Whep) -> None:
    """Whoever left in the middle of a word speaks no more."""
    anna = whep.publish("anna")
    whep.publish("ben")
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer, seats=2)
        async with listening(whep, viewer, "speaker") as heard:

            def anna_is_heard() -> bool:
                anna.sound(level=20)
                return bool(heard.newest("speaker") == {"session": anna.publication.session})

            await until(anna_is_heard)
            anna.end()

            await until(lambda: heard.newest("speaker") == {"session": None})


async def test_who_comes_when_another_goes_is_told_how_many(whep: Whep) -> None:
    """Though the number is the same as before."""
    with viewers(2) as (first, second):
        await whep.subscribe(first)
        async with listening(whep, first, "viewercount") as heard:
            await until(lambda: heard.newest("viewercount") == {"viewercount": 1})
        first.close()
        await whep.subscribe(second)
        await whep.ask("DELETE", first.location)
        async with listening(whep, second, "viewercount") as heard:
            await until(lambda: heard.newest("viewercount") == {"viewercount": 1})


async def test_a_slot_without_anybody_is_inactive(whep: Whep) -> None:
    """As the draft has it, before somebody comes and after they go."""
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        async with listening(whep, viewer, "active", "inactive") as heard:
            await until(lambda: heard.events == [("inactive", {})])
            anna = whep.publish()
            await until(lambda: len(heard.events) == 2)
            anna.end()
            await until(lambda: len(heard.events) == 3)

            assert [kind for kind, _ in heard.events] == ["inactive", "active", "inactive"]


@dataclass
class Session:
    """As much of a subscriber as streams need."""

    events: Events = field(default_factory=Events)


@contextlib.asynccontextmanager
async def streaming(session: Session, **options: float) -> AsyncIterator[TestServer]:
    """A server that has no other session."""
    routes = EventRoutes(lambda _request: cast("Subscriber", session), **options)
    application = web.Application()
    application.add_routes([web.get("/events", routes.stream)])
    async with TestServer(application) as server:
        yield server


async def test_a_stream_is_never_silent_for_long() -> None:
    """A comment says that it lives; no listener takes it for an event."""
    session = Session()
    async with (
        streaming(session, silence_seconds=0.01) as server,
        ClientSession() as http,
        http.get(server.make_url("/events")) as response,
    ):
        for _ in range(3):
            assert await response.content.readline() == b": alive\n"
            assert await response.content.readline() == b"\n"

        session.events.tell("speaker", {"session": "s_1"})
        await asyncio.wait_for(response.content.readuntil(b"s_1"), 5)


def test_silence_is_shorter_than_what_is_promised() -> None:
    """15 s, which proxies stand."""
    assert event_routes.SILENCE_SECONDS <= 15


async def test_who_reads_nothing_is_cut_off() -> None:
    """And what they did not read is kept no longer."""
    session = Session()
    async with streaming(session, write_seconds=0.05) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        count = itertools.count()

        def is_dropped() -> bool:
            session.events.tell("tracks", f"{next(count)}" + "x" * 1_000_000)
            return len(session.events) == 0

        await until(is_dropped)

        assert server.runner is not None
        assert server.runner.server is not None
        await until(lambda: not server.runner.server.connections)
        writer.transport.abort()
