"""Laws of WHIP over HTTP."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator

import offers
import pytest
import whip
from aiohttp import ClientResponse
from rawpeer import RawPeer, attribute
from whip import ROOM, Ingest, until

from levelchat.auth.capability import Capability

FRAGMENT = "application/trickle-ice-sdpfrag"

RESTART = "a=ice-ufrag:fresh\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    async with whip.running() as running:
        yield running


async def post(ingest: Ingest, body: object, **options: object) -> ClientResponse:
    options = {"headers": ingest.headers()} | options
    response = await ingest.http.post(ingest.url(), data=body, **options)
    await response.read()
    return response


async def session(ingest: Ingest) -> tuple[str, str, str]:
    """A session that nobody connects to: its URL, its ETag, its answer."""
    response = await post(ingest, offers.CHROMIUM)
    assert response.status == 201
    return (
        ingest.base + response.headers["Location"],
        response.headers["ETag"],
        await response.text(),
    )


async def patch(
    ingest: Ingest, url: str, body: str, etag: str | None, kind: str = FRAGMENT
) -> ClientResponse:
    headers = ingest.headers() | {"Content-Type": kind}
    if etag is not None:
        headers["If-Match"] = etag
    response = await ingest.http.patch(url, data=body, headers=headers)
    await response.read()
    return response


@pytest.mark.parametrize("name", offers.ALL)
async def test_an_offer_is_answered(ingest: Ingest, name: str) -> None:
    """201 with the answer, a path as Location, and a strong ETag; readable by any page."""
    response = await post(ingest, offers.ALL[name].replace("\n", "\r\n"))

    assert response.status == 201
    assert response.headers["Content-Type"] == "application/sdp"
    assert response.headers["Location"].startswith(f"/v1/whip/{ROOM}/")
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Location", "ETag", "Link"} <= set(
        response.headers["Access-Control-Expose-Headers"].split(", ")
    )
    assert "a=recvonly" in await response.text()


async def test_session_urls_cannot_be_guessed(ingest: Ingest) -> None:
    """Each session has its own secret of at least 128 bits."""
    keys = {(await session(ingest))[0].rsplit("/", 1)[1] for _ in range(3)}

    assert len(keys) == 3
    assert all(len(key) >= 22 for key in keys)


async def test_preflight_allows_what_whip_needs(ingest: Ingest) -> None:
    """OPTIONS needs no token and names methods, headers and the accepted types."""
    for url in (ingest.url(), f"{ingest.url()}/any"):
        response = await ingest.http.options(url)

        assert response.status == 200
        assert response.headers["Accept-Post"] == "application/sdp"
        assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        assert "If-Match" in response.headers["Access-Control-Allow-Headers"]


async def test_get_has_nothing_to_show(ingest: Ingest) -> None:
    """GET is 204 at the endpoint and at a session, 404 where no session is."""
    url, _, _ = await session(ingest)

    assert (await ingest.http.get(ingest.url())).status == 204
    assert (await ingest.http.get(url)).status == 204
    assert (await ingest.http.get(f"{ingest.url()}/none")).status == 404
    assert (await ingest.http.put(url)).status == 405


async def test_ice_servers_are_linked() -> None:
    """Each configured STUN or TURN server is a Link with its credentials quoted."""
    servers = [
        {"url": "stun:stun.example.net"},
        {"url": "turn:turn.example.net?transport=udp", "username": "u", "credential": 'p"\\'},
    ]
    async with whip.running(ice_servers=servers) as ingest:
        response = await post(ingest, offers.CHROMIUM)

    turn = (
        '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="u"; '
        'credential="p\\"\\\\"; credential-type="password"'
    )
    assert response.headers.getall("Link") == [
        '<stun:stun.example.net>; rel="ice-server"',
        turn,
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_sdp"),
        (b"\xff\xfe", 400, "bad_sdp"),
        (b'{"type":"offer"}', 400, "bad_sdp"),
        (offers.CHROMIUM[:400].encode(), 400, "bad_sdp"),
        (offers.CHROMIUM.replace("opus/48000", "speex/16000").encode(), 406, "unsupported_codec"),
        (offers.CHROMIUM.replace("sendonly", "recvonly").encode(), 422, "unsupported_sdp"),
        (b"v=0\n" + b"a=x\n" * 262_144, 413, "body_too_large"),
    ],
)
async def test_bad_offers_are_problems(
    ingest: Ingest, body: bytes, status: int, code: str
) -> None:
    """Each fault has its status, code and sentence, in problem+json that any page may read."""
    response = await post(ingest, io.BytesIO(body))

    assert response.status == status
    assert response.content_type == "application/problem+json"
    problem = await response.json()
    assert problem["code"] == code
    assert len(problem["detail"]) > 10
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert ingest.metric("levelchat_ingest_refused_total", code=code) == 1
    assert ingest.metric("levelchat_ingest_sessions") == 0


async def test_only_unsupported_codecs_are_named(ingest: Ingest) -> None:
    """The refusal lists what was offered and what would do."""
    only_h265 = offers.offer(
        offers.AUDIO,
        "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\na=sendonly\na=rtcp-mux\na=rtpmap:96 H265/90000\n",
    )
    detail = (await (await post(ingest, only_h265)).json())["detail"]

    assert "h265" in detail
    assert "VP8" in detail


async def test_another_content_type_is_415(ingest: Ingest) -> None:
    """JSON around the SDP, or no type at all, is refused before the body is read."""
    for kind in ("application/json", "text/plain"):
        headers = ingest.headers() | {"Content-Type": kind}

        assert (await post(ingest, offers.CHROMIUM, headers=headers)).status == 415


async def test_who_may_publish(ingest: Ingest) -> None:
    """No token, a foreign, an expired, another room's or a viewer's token are refused."""
    tokens = {
        "": (401, "token_missing"),
        "nonsense": (401, "token_invalid"),
        ingest.token(keys=whip.new_keys()): (401, "token_invalid"),
        ingest.token(age=3600): (401, "token_invalid"),
        ingest.token(room="r_other"): (403, "capability_missing"),
        ingest.token(Capability.SUBSCRIBE_ALL): (403, "capability_missing"),
    }
    for token, (status, code) in tokens.items():
        headers = {"Content-Type": "application/sdp"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response = await post(ingest, offers.CHROMIUM, headers=headers)

        assert (response.status, (await response.json())["code"]) == (status, code)
        assert ("WWW-Authenticate" in response.headers) == (status == 401)


async def test_each_track_needs_its_capability(ingest: Ingest) -> None:
    """A microphone token publishes sound alone; the refusal names what is missing."""
    mic = ingest.headers(Capability.PUBLISH_MIC)
    screen = ingest.headers(Capability.PUBLISH_SCREEN)

    both = await post(ingest, offers.CHROMIUM, headers=mic)
    assert both.status == 403
    assert "publish:camera or publish:screen" in (await both.json())["detail"]
    assert (await post(ingest, offers.offer(offers.AUDIO), headers=mic)).status == 201
    sound = await post(ingest, offers.CHROMIUM, headers=screen)
    assert "publish:camera or publish:mic" in (await sound.json())["detail"]


async def test_room_names(ingest: Ingest) -> None:
    """What cannot be a room is 404 with the rule."""
    for room in ("demo", "r_", "r_" + "x" * 65, "r_a.b", "r_%2e%2e"):
        response = await ingest.http.post(ingest.url(room), data="", headers=ingest.headers())

        assert response.status == 404
        assert "r_" in (await response.json())["detail"]


async def test_preferred_codec() -> None:
    """The setting decides which codec is taken where several are offered."""
    async with whip.running(preferred_codec="av1") as ingest:
        response = await post(ingest, offers.CHROMIUM)

        assert "AV1/90000" in await response.text()


async def test_an_endless_body_is_refused(ingest: Ingest) -> None:
    """A body without end is answered 413 after 64 KiB, while it is still being sent."""

    async def endless() -> AsyncIterator[bytes]:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                yield b"v=0\n" * 1000
                await asyncio.sleep(0)

    async with asyncio.timeout(5):
        response = await ingest.http.post(ingest.url(), data=endless(), headers=ingest.headers())

    assert response.status == 413
    response.close()


async def test_trickled_candidates_are_taken(ingest: Ingest) -> None:
    """PATCH with the ETag is 204 without an ETag, whatever the candidates are."""
    url, etag, _ = await session(ingest)
    body = (
        "a=ice-ufrag:fqD+\r\na=ice-pwd:19BZxtezWxE2iFNtkOZ1Is83\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 2122260223 some.local 61764 typ host\r\na=end-of-candidates\r\n"
    )

    response = await patch(ingest, url, body, etag)

    assert response.status == 204
    assert "ETag" not in response.headers
    assert (await patch(ingest, url, "a=end-of-candidates\r\n", etag)).status == 204


@pytest.mark.parametrize(
    ("body", "etag", "kind", "status"),
    [
        (RESTART, None, FRAGMENT, 428),
        (RESTART, '"old"', FRAGMENT, 412),
        (RESTART, 'W/"old"', FRAGMENT, 412),
        (RESTART, "current", FRAGMENT, 422),
        ("a=end-of-candidates\r\n", "*", FRAGMENT, 422),
        (RESTART, "*", "application/sdp", 415),
        ("garbage", "*", FRAGMENT, 400),
        ("", "*", FRAGMENT, 400),
        ("a=ice-ufrag:x\r\na=ice-pwd:y\r\n", "*", FRAGMENT, 400),
    ],
)
async def test_patches_that_do_not_fit(
    ingest: Ingest, body: str, etag: str | None, kind: str, status: int
) -> None:
    """428 without If-Match, 412 for another ICE session, 422 for what nothing can be done with."""
    url, current, _ = await session(ingest)

    response = await patch(ingest, url, body, current if etag == "current" else etag, kind)

    assert response.status == status
    assert response.content_type == "application/problem+json"


async def test_ice_restarts() -> None:
    """If-Match: * with new credentials gives new ones of ours, a new ETag, and media goes on."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            response = await post(ingest, raw.offer())
            url = ingest.base + response.headers["Location"]
            etag = response.headers["ETag"]
            await raw.connect(await response.text())
            raw.send_rtp(111, b"\xf8before")
            stream = await until(lambda: ingest.sink.streams and ingest.sink.streams[0])

            restarted = await patch(ingest, url, RESTART, "*")
            again = await patch(ingest, url, RESTART, "*")

            assert restarted.status == 200
            assert restarted.headers["Content-Type"] == FRAGMENT
            assert restarted.headers["ETag"] != etag
            assert again.status == 204
            assert (await patch(ingest, url, "a=end-of-candidates\r\n", etag)).status == 412
            text = await restarted.text()
            raw.ice = (attribute(text, "ice-ufrag"), attribute(text, "ice-pwd"))
            raw.ufrag = "fresh"
            raw.move()
            assert (await raw.check()).attributes["XOR-MAPPED-ADDRESS"]
            raw.send_rtp(111, b"\xf8after", timestamp=960)
            await until(lambda: len(stream.frames) == 2)
            assert ingest.sink.streams == [stream]


async def test_new_keys_after_an_ice_restart() -> None:
    """A publisher that begins DTLS anew goes on in the same source; nobody is told anything."""
    async with whip.running() as ingest:
        with contextlib.closing(RawPeer()) as raw:
            url = ingest.url() + "?to=stage"
            response = await ingest.http.post(url, data=raw.offer(), headers=ingest.headers())
            await raw.connect(await response.text())
            raw.send_rtp(111, b"\xf8before")
            await until(lambda: ingest.stage.there)
            (publication,) = ingest.stage.there.values()
            source = publication.tracks[0].layers[0].source

            resource = ingest.base + response.headers["Location"]
            restarted = await patch(ingest, resource, RESTART, "*")
            text = await restarted.text()
            raw.ice = (attribute(text, "ice-ufrag"), attribute(text, "ice-pwd"))
            raw.ufrag = "fresh"
            raw.move()
            await raw.check()
            raw.begin_anew()
            await raw.shake_hands()
            raw.send_rtp(111, b"\xf8after", timestamp=960)

            stats = ingest.endpoint.forwarder.source_stats
            await until(lambda: stats(source).packets == 2)
            assert (stats(source).lost, stats(source).restarts) == (0, 0)
            assert list(ingest.stage.there.values()) == [publication]


async def test_delete_ends_a_session(ingest: Ingest) -> None:
    """DELETE is 200 once and 404 ever after; without the room's token it is refused."""
    url, _, _ = await session(ingest)

    assert (await ingest.http.delete(url)).status == 401
    foreign = {"Authorization": f"Bearer {ingest.token(room='r_other')}"}
    assert (await ingest.http.delete(url, headers=foreign)).status == 403
    other_room = url.replace(ROOM, "r_other")
    assert (await ingest.http.delete(other_room, headers=foreign)).status == 404
    assert ingest.metric("levelchat_ingest_sessions") == 1
    assert (await ingest.http.delete(url, headers=ingest.headers())).status == 200
    assert (await ingest.http.delete(url, headers=ingest.headers())).status == 404
    assert ingest.metric("levelchat_ingest_sessions") == 0
