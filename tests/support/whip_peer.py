"""A WHIP server that is not ours: aiortc's peer connection behind a few lines of HTTP.

A process of its own, because PyAV keeps the interpreter's lock while FFmpeg waits for an answer.
`GET /seen` tells what it received, `PUT /seen` forgets it; `PUT /refusal` makes it refuse.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from levelchat.media import clockstrip


class Peer:
    """Takes one publisher after another and notes what it receives."""

    def __init__(self) -> None:
        self.seen: dict[str, list[Any]] = self.nothing()
        self.refusal: tuple[int, Any] | None = None
        self.peers: list[RTCPeerConnection] = []
        self.tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def nothing() -> dict[str, list[Any]]:
        return {
            "tokens": [],
            "offers": [],
            "deleted": [],
            "pictures": [],  # RTP ticks since the first, delay in ms or null
            "sounds": [],  # RTP ticks since the first, loudest sample
        }

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/whip", self.offer)
        app.router.add_delete("/whip/{session}", self.delete)
        app.router.add_get("/seen", self.tell)
        app.router.add_put("/seen", self.forget)
        app.router.add_put("/refusal", self.refuse)
        return app

    async def tell(self, _request: web.Request) -> web.Response:
        return web.json_response(self.seen)

    async def forget(self, _request: web.Request) -> web.Response:
        self.seen = self.nothing()
        return web.Response()

    async def refuse(self, request: web.Request) -> web.Response:
        self.refusal = await request.json()
        return web.Response()

    async def offer(self, request: web.Request) -> web.Response:
        self.seen["tokens"].append(request.headers.get("Authorization", ""))
        if self.refusal:
            status, problem = self.refusal
            return web.json_response(
                problem, status=status, content_type="application/problem+json"
            )
        self.seen["offers"].append(await request.text())
        peer = RTCPeerConnection()
        self.peers.append(peer)
        peer.on("track", self.receive)
        await peer.setRemoteDescription(RTCSessionDescription(self.seen["offers"][-1], "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(
            status=201,
            text=peer.localDescription.sdp,
            content_type="application/sdp",
            headers={"Location": f"/whip/{len(self.seen['offers'])}"},
        )

    async def delete(self, request: web.Request) -> web.Response:
        self.seen["deleted"].append(request.match_info["session"])
        return web.Response()

    def receive(self, track: Any) -> None:
        self.tasks.add(asyncio.get_running_loop().create_task(self.read(track)))

    async def read(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                strip = clockstrip.read(frame.to_ndarray(format="gray"))
                delay = strip and strip.delay_ms(time.time_ns() // 1_000_000)
                self.seen["pictures"].append((frame.pts, delay))
            else:
                loudest = int(abs(frame.to_ndarray().astype(int)).max())
                self.seen["sounds"].append((frame.pts, loudest))


async def _serve(port: int) -> None:
    runner = web.AppRunner(Peer().app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    json.dump(runner.addresses[0][1], sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    asyncio.run(_serve(parser.parse_args().port))
