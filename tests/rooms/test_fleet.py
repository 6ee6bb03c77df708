"""Rooms go to nodes that are alive."""

from roomkit import Kit

from levelchat.bus.messages import Lease
from levelchat.bus.seams import LEASES
from rooms.fleet import Fleet

PLANES = ("ingest", "packager", "edge")


async def test_a_node_that_says_it_lives_gets_rooms(kit: Kit) -> None:
    """Until 15 s after its last word."""
    fleet = Fleet(kit.bus, kit.transactions)
    await fleet.start()
    room = await kit.create(type="live")
    assert fleet.media_base(room) == ""

    kit.now += 1_000
    kit.bus.publish(LEASES, Lease("n1", PLANES, "eu", "https://n1.example", 0.1, kit.now))
    assert fleet.media_base(room) == "https://n1.example"

    kit.now += 16_000
    assert fleet.media_base(room) == ""


async def test_a_call_of_two_goes_to_no_node(kit: Kit) -> None:
    """`1to1` media flow between the two."""
    fleet = Fleet(kit.bus, kit.transactions)
    await fleet.start()
    kit.bus.publish(LEASES, Lease("n1", PLANES, "eu", "https://n1.example", 0.1, kit.now))

    assert fleet.place(await kit.create(type="1to1")).mode == "p2p"


async def test_a_room_stays_with_its_node(kit: Kit) -> None:
    """However busy that node gets, while it lives."""
    fleet = Fleet(kit.bus, kit.transactions)
    await fleet.start()
    room = await kit.create(type="live")
    for name in ("n1", "n2"):
        url = f"https://{name}.example"
        kit.bus.publish(LEASES, Lease(name, PLANES, "eu", url, 0.1, kit.now))
    home = fleet.media_base(room)
    busy = home.removeprefix("https://").removesuffix(".example")

    kit.now += 1_000
    kit.bus.publish(LEASES, Lease(busy, PLANES, "eu", home, 0.99, kit.now))

    assert fleet.media_base(room) == home
