"""Laws of WHEP over HTTP."""

import offers
import pytest
import whepkit
from rawpeer import attribute
from whepkit import ROOM, Viewer, Whep, until, viewers

from levelchat.auth.capability import Capability

FRAGMENT = "application/trickle-ice-sdpfrag"
RESTART = "a=ice-ufrag:fresh\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
CANDIDATE = "a=mid:a0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"


@pytest.mark.parametrize("name", offers.RECEIVING)
async def test_an_offer_is_answered(whep: Whep, name: str) -> None:
    """201 with what to do next, readable by any page."""
    response = await whep.ask("POST", whep.url(), offers.RECEIVING[name])

    assert response.status == 201
    assert response.headers["Content-Type"] == whepkit.SDP
    assert response.headers["Location"].startswith("/v1/whep-sessions/")
    assert response.headers["ETag"] == f'"{attribute(await response.text(), "ice-ufrag")}"'
    assert FRAGMENT in response.headers["Accept-Patch"]
    links = " ".join(response.headers.getall("Link"))
    assert "ext:core:server-sent-events" in links
    assert "ext:core:layer" in links
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("Location", "ETag", "Link"))


async def test_subscribers_are_told_of_turn() -> None:
    """With credentials of their own where the server's secret is known."""
    servers = [{"url": "turn:turn.example.com", "secret": "long-enough-secret"}]
    async with whepkit.running(ice_servers=servers) as whep:
        response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])

        (link,) = (each for each in response.headers.getall("Link") if "ice-server" in each)
        assert ":viewer" in link
        assert "long-enough-secret" not in link


async def test_only_who_may_subscribe_does(whep: Whep) -> None:
    """Without a token 401, with one that allows something else, or elsewhere, 403."""
    offer = offers.RECEIVING["chromium"]
    nobody = await whep.ask("POST", whep.url(), offer, headers={"Content-Type": whepkit.SDP})
    publisher = await whep.ask(
        "POST", whep.url(), offer, headers=whep.headers(Capability.CHAT_SEND)
    )
    other = await whep.ask("POST", whep.url(), offer, room="r_other")

    assert (nobody.status, publisher.status, other.status) == (401, 403, 403)
    assert nobody.headers["Access-Control-Allow-Origin"] == "*"
    assert whep.metric("levelchat_cascade_subscribers") == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("v=0\n", whepkit.SDP, 400),
        ("garbage", whepkit.SDP, 400),
        (offers.CHROMIUM, whepkit.SDP, 422),
        (offers.RECEIVING["chromium"], "text/plain", 415),
        ("x" * 70_000, whepkit.SDP, 413),
    ],
)
async def test_what_is_no_offer_is_refused(whep: Whep, body: str, kind: str, status: int) -> None:
    """With what was wrong; nothing is left behind."""
    response = await whep.ask("POST", whep.url(), body, headers=whep.headers(kind=kind))

    assert response.status == status
    assert (await response.json())["detail"]
    assert whep.metric("levelchat_cascade_subscribers") == 0


async def test_a_room_that_cannot_be(whep: Whep) -> None:
    """404, whatever the token says."""
    response = await whep.ask("POST", f"{whep.base}/v1/whep/kitchen", "")

    assert (response.status, (await response.json())["code"]) == (404, "room_not_found")


async def test_one_participant_may_be_asked_for(whep: Whep) -> None:
    """Only theirs comes, even if others are there first."""
    others, wanted = whep.publish("anna"), whep.publish("ben")
    for published in (others, wanted):
        published.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer, participant="ben")
        await until(lambda: viewer.pictures)
        wanted.picture()
        others.picture()
        await until(lambda: len(viewer.pictures) == 2)

        assert b"\x33" in viewer.pictures[-1].payload
        numbers = [packet.sequence for packet in viewer.pictures]
        assert numbers == [
            1000 * wanted.source() + 1 & 0xFFFF,
            1000 * wanted.source() + 2 & 0xFFFF,
        ]


async def test_nobody_is_shown_themselves(whep: Whep) -> None:
    """Who publishes sees the others only."""
    own, other = whep.publish("viewer"), whep.publish("ben")
    for published in (own, other):
        published.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer, seats=2)
        await until(lambda: viewer.pictures)
        other.picture()
        own.picture()
        await until(lambda: len(viewer.pictures) == 2)

        assert len({packet.ssrc for packet in viewer.pictures}) == 1


async def test_the_server_may_offer(whep: Whep) -> None:
    """To an empty body; the answer comes by PATCH, once."""
    whep.publish("anna").picture(key=True)
    whep.publish("ben").picture(key=True)
    response = await whep.ask("POST", whep.url())
    offer, url = await response.text(), response.headers["Location"]
    assert response.status == 201
    assert offer.count("m=video") == offer.count("m=audio") == 2
    early = await whep.ask("PATCH", url, CANDIDATE, headers=whep.headers(kind=FRAGMENT))
    assert early.status == 204
    with viewers(1) as (viewer,):
        answer = _answer(offer, viewer)

        done = await whep.ask("PATCH", url, answer)
        assert done.status == 204
        viewer.client = True
        await viewer.connect(offer)
        viewer.listen()

        await until(lambda: len({packet.ssrc for packet in viewer.pictures}) == 2)
        again = await whep.ask("PATCH", url, answer)
        assert (again.status, (await again.json())["code"]) == (409, "answer_not_due")


def _answer(offer: str, viewer: Viewer) -> str:
    """What a receiver says to *offer* that takes VP8 and Opus."""
    kept = []
    for line in offer.splitlines():
        if line.startswith(("a=candidate", "a=ssrc", "a=msid", "a=ice-lite", "a=extmap:")):
            continue
        text = line.replace("a=sendonly", "a=recvonly").replace(
            "a=setup:actpass", "a=setup:active"
        )
        if text.startswith("a=ice-ufrag"):
            text = f"a=ice-ufrag:{viewer.ufrag}"
        elif text.startswith("a=ice-pwd"):
            text = f"a=ice-pwd:{'p' * 22}"
        elif text.startswith("a=fingerprint"):
            text = f"a=fingerprint:sha-256 {viewer.certificate.fingerprint.value}"
        kept.append(text)
    return "\r\n".join(kept) + "\r\n"


async def test_an_answer_that_nobody_asked_for(whep: Whep) -> None:
    """409: the subscriber offered."""
    response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])

    done = await whep.ask("PATCH", response.headers["Location"], offers.CHROMIUM_ANSWER)

    assert done.status == 409


async def test_ice_is_trickled_and_restarted(whep: Whep) -> None:
    """As RFC 9725 §4.3 has it: If-Match names the ICE session, a star asks for another."""
    response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
    url, etag = response.headers["Location"], response.headers["ETag"]
    headers = whep.headers(kind=FRAGMENT)

    async def patch(body: str, tag: str | None) -> int:
        tagged = headers | ({"If-Match": tag} if tag else {})
        return (await whep.ask("PATCH", url, body, headers=tagged)).status

    assert await patch(CANDIDATE, etag) == 204
    assert await patch(CANDIDATE, None) == 428
    assert await patch(CANDIDATE, '"other"') == 412
    assert await patch(RESTART, etag) == 422
    restarted = await whep.ask("PATCH", url, RESTART, headers=headers | {"If-Match": "*"})
    assert restarted.status == 200
    assert restarted.headers["ETag"] not in (etag, "")
    assert await patch(CANDIDATE, etag) == 412


async def test_resources_describe_themselves(whep: Whep) -> None:
    """OPTIONS for any page, GET without content; what is not there is 404."""
    for url in (whep.url(), whep.url("ben"), f"{whep.base}/v1/whep-sessions/x/layer"):
        described = await whep.ask("OPTIONS", url, headers={})
        assert (described.status, described.headers["Accept-Post"]) == (200, whepkit.SDP)
    assert (await whep.ask("GET", whep.url())).status == 204
    assert (await whep.ask("GET", "/v1/whep-sessions/none")).status == 404
    response = await whep.ask("POST", whep.url(), offers.RECEIVING["chromium"])
    assert (await whep.ask("GET", response.headers["Location"])).status == 204
    stranger = whep.headers(room="r_other")
    assert (await whep.ask("DELETE", response.headers["Location"], headers=stranger)).status == 403
    assert ROOM in whep.url()


async def test_media_go_on_after_an_ice_restart(whep: Whep) -> None:
    """At the new address, in the same stream."""
    anna = whep.publish()
    anna.picture(key=True)
    with viewers(1) as (viewer,):
        await whep.subscribe(viewer)
        await until(lambda: viewer.pictures)
        headers = whep.headers(kind=FRAGMENT) | {"If-Match": "*"}
        restarted = await whep.ask("PATCH", viewer.location, RESTART, headers=headers)
        text = await restarted.text()
        viewer.ice = (attribute(text, "ice-ufrag"), attribute(text, "ice-pwd"))
        viewer.ufrag = "fresh"
        viewer.move()
        await viewer.check()
        viewer.listen()

        anna.picture()

        await until(lambda: len(viewer.pictures) == 2)
        assert viewer.pictures[1].sequence == viewer.pictures[0].sequence + 1


async def test_an_answer_that_cannot_be_may_be_sent_right(whep: Whep) -> None:
    """What was wrong is said, and the offer still stands."""
    response = await whep.ask("POST", whep.url())
    offer, url = await response.text(), response.headers["Location"]
    with viewers(1) as (viewer,):
        answer = _answer(offer, viewer)
        assert (await whep.ask("PATCH", url, "garbage")).status == 400
        none = answer.replace("a=recvonly", "a=inactive")
        assert (await whep.ask("PATCH", url, none)).status == 422

        assert (await whep.ask("PATCH", url, answer)).status == 204


async def test_a_session_needs_its_token(whep: Whep) -> None:
    """In each request, to each of its resources (RFC 9725 §4.7.1)."""
    response = await whep.ask("POST", whep.url())
    url = response.headers["Location"]
    asked = [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/events"),
        ("GET", "/events"),
        ("DELETE", "/events"),
        ("POST", "/layer"),
        ("DELETE", "/layer"),
    ]
    for method, resource in asked:
        nobody = await whep.ask(method, url + resource, headers={})
        stranger = await whep.ask(method, url + resource, room="r_other")
        assert (nobody.status, stranger.status) == (401, 403)
    assert (await whep.ask("GET", url)).status == 204
