"""What the API shows of rooms and participants."""

from roomkit import MODERATE, PUBLISH, WATCH, Kit

from rooms import views
from rooms.store import sessions as session_rows


def test_instants_are_rfc_3339_in_utc() -> None:
    """Milliseconds since the epoch become a date that sorts and parses."""
    assert views.instant(1_745_573_400_250) == "2025-04-25T09:30:00.250Z"
    assert views.maybe_instant(None) is None


async def test_a_room_names_where_it_is_reached(kit: Kit) -> None:
    """URLs carry the media id; those of media may be another node's."""
    room = await kit.create(id="r_standup", type="live", config={"region_hint": "eu"})

    view = views.room_view(room, "https://a.example", "https://b.example")

    assert view.id == "r_standup"
    assert view.config == {"region_hint": "eu"}
    assert view.urls.signal == "wss://a.example/v1/signal"
    assert view.urls.whip == f"https://b.example/v1/whip/{room.media_id}"
    assert view.urls.whep == f"https://b.example/v1/whep/{room.media_id}"
    assert view.urls.hls == f"https://b.example/live/{room.media_id}/index.m3u8"
    assert view.urls.join == f"https://a.example/r/{room.short_code}"


async def test_a_participant_is_one_whatever_its_connections(kit: Kit) -> None:
    """Transports in use are listed; who has left says when and why."""
    room = await kit.create()
    await kit.join(room, "ada", MODERATE)
    await kit.join(room, "ada", PUBLISH, transport="whip")
    gone = await kit.join(room, "bob", WATCH)
    kit.now += 60_000
    await kit.leave(room, gone)
    async with kit.transactions.reading(None) as tx:
        sessions, _ = await session_rows.of_room(tx.db, room.media_id, "", 10)

    views_ = views.participant_views(await kit.room(room.media_id), sessions, {"bob"})

    ada, bob = sorted(views_, key=lambda view: view.identity)
    assert ada.transports == ["signal", "whip"]
    assert (ada.host, ada.left_at, ada.publishing_forbidden) == (True, None, False)
    assert bob.transports == []
    assert (bob.host, bob.left_at, bob.reason) == (False, views.instant(kit.now), "left")
    assert bob.publishing_forbidden
