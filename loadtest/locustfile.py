"""Viewers of one broadcast, as a load test: each plays LL-HLS in step with real time.

    locust -f loadtest/locustfile.py --headless -u 50 -r 10 -t 60s --host http://127.0.0.1:8080

Every viewer holds one blocked reload for video and one for audio, fetches each part as it is
listed, and never asks for more than a player would. Beside the requests, the report has the lines
`part lateness` (how much later than the best pace this viewer saw), `delay` (now minus the date
of what would be on screen) and `stall` (each time the picture would have stood still).
"""

import random
from argparse import ArgumentParser

import gevent
from gevent.pool import Group
from locust import FastHttpUser, constant, events, task
from locust.env import Environment

from levelchat.clock import Clock, SystemClock
from levelchat.media.time import NANOSECOND
from loadtest.viewer import Fetch, NotPlayable, Track, Viewer, choose

REQUEST_SECONDS = 30.0
"""Of one request: more than the three target durations that a server may hold it."""

RETRY_SECONDS = 1.0
"""Between a failure and the next attempt, plus as much again at random."""

MAX_FAILURES = 5
"""In a row, until a viewer gives up and begins anew."""

_OK = 200


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust's own
def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--room", default="r_demo", help="Room to watch")


class LowLatencyViewer(FastHttpUser):
    """One viewer of `--room`."""

    wait_time = constant(RETRY_SECONDS)
    network_timeout = REQUEST_SECONDS
    connection_timeout = REQUEST_SECONDS

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._clock: Clock = SystemClock()
        self._viewer: Viewer | None = None

    @task
    def watch(self) -> None:
        """Plays until the broadcast ends or too many requests in a row fail."""
        url = f"/live/{self.environment.parsed_options.room}/index.m3u8"
        text = self._text(url, "index.m3u8")
        if text is None:
            self._pause()
            return
        try:
            chosen = choose(text, f"{self.host}{url}")
        except NotPlayable as error:
            self._failed("index.m3u8", error)
            return
        tracks = [Track(name, address) for name, address in chosen.items()]
        self._viewer = None
        group = Group()
        try:
            first = [(track, self._reload(track)) for track in tracks]
            self._start(first)
            for track, fetches in first:
                group.spawn(self._play, track, fetches)
            group.join()
        finally:
            group.kill()

    def _start(self, first: list[tuple[Track, list[Fetch]]]) -> None:
        loaded = [(track, fetches) for track, fetches in first if fetches]
        if not loaded:
            return
        end = min(fetches[-1].end_ns for _, fetches in loaded)
        start = end - max(track.hold_back_ns for track, _ in loaded)
        names = tuple(track.name for track, _ in loaded)
        target = max(track.part_target_ns for track, _ in loaded)
        self._viewer = Viewer(names, start, target)

    def _play(self, track: Track, fetches: list[Fetch]) -> None:
        if track.init_url:
            self._fetch(track.init_url, f"{track.name} init")
        failures, live = 0, False
        while failures < MAX_FAILURES:
            for part in fetches:
                self._part(part, live=live)
            if track.ended:
                return
            fetches, live = self._reload(track), True
            failures = 0 if fetches else failures + 1

    def _part(self, part: Fetch, *, live: bool) -> None:
        if not self._fetch(part.url, f"{part.track} part") or self._viewer is None:
            return
        now = self._clock.now_ns()
        self._viewer.arrived(part, now)
        if live:
            self._event("part lateness", self._viewer.lateness_ns(part, now))
            self._event("delay", self._viewer.delay_ns(now))
        for stalled in self._viewer.new_stalls_ns():
            self._event("stall", stalled)

    def _reload(self, track: Track) -> list[Fetch]:
        text = self._text(track.reload_url(), f"{track.name} playlist")
        if text is None:
            self._pause()
            return []
        try:
            return track.take(text)
        except NotPlayable as error:
            self._failed(f"{track.name} playlist", error)
            self._pause()
            return []

    def _text(self, url: str, name: str) -> str | None:
        with self.client.get(url, name=name, catch_response=True) as response:
            if response.status_code != _OK:
                response.failure(f"HTTP {response.status_code}")
                return None
            return str(response.text)

    def _fetch(self, url: str, name: str) -> bool:
        with self.client.get(url, name=name, catch_response=True) as response:
            if response.status_code != _OK or not response.content:
                response.failure(f"HTTP {response.status_code}, {len(response.content)} bytes")
                return False
            return True

    def _event(self, name: str, duration_ns: int) -> None:
        self.environment.events.request.fire(
            request_type="HLS",
            name=name,
            response_time=duration_ns * 1000 / NANOSECOND,
            response_length=0,
            exception=None,
            context={},
        )

    def _failed(self, name: str, error: Exception) -> None:
        self.environment.events.request.fire(
            request_type="HLS",
            name=name,
            response_time=0,
            response_length=0,
            exception=error,
            context={},
        )
        self._pause()

    def _pause(self) -> None:
        # Viewers that failed together must not come back together.
        gevent.sleep(RETRY_SECONDS * (1 + random.random()))
