"""Names lead to public addresses only, and connections to the very addresses that were checked."""

import socket
from collections.abc import Sequence

import pytest

from rooms.webhooks.resolver import AddressRefused, GuardedResolver, look_up


class Names:
    """A name server that gives another answer each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0)


async def test_public_addresses_are_given_as_found() -> None:
    """IPv4 and IPv6, in order, as addresses that need no second look-up."""
    resolver = GuardedResolver(private=False, lookup=Names(["8.8.8.8", "2606:4700::1111"]))

    found = await resolver.resolve("a.example", 443)
    await resolver.close()

    assert [(each["host"], each["port"], each["family"]) for each in found] == [
        ("8.8.8.8", 443, socket.AF_INET),
        ("2606:4700::1111", 443, socket.AF_INET6),
    ]
    assert all(each["flags"] & socket.AI_NUMERICHOST for each in found)


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["::1", "8.8.8.8"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1%2"],
        ["not an address"],
    ],
)
async def test_one_private_address_spoils_the_rest(answer: list[str]) -> None:
    """Whichever would have been tried first."""
    resolver = GuardedResolver(private=False, lookup=Names(answer))
    with pytest.raises(AddressRefused) as caught:
        await resolver.resolve("a.example", 443)
    await resolver.close()

    assert not any(address in str(caught.value) for address in answer)


async def test_every_lookup_is_checked_anew() -> None:
    """A name that changes its address after the first delivery gains nothing."""
    resolver = GuardedResolver(private=False, lookup=Names(["8.8.8.8"], ["127.0.0.1"]))
    await resolver.resolve("a.example", 443)
    with pytest.raises(AddressRefused):
        await resolver.resolve("a.example", 443)
    await resolver.close()


async def test_the_operator_can_allow_private_addresses() -> None:
    """With the setting, all are given."""
    resolver = GuardedResolver(private=True, lookup=Names(["127.0.0.1", "fe80::1%2"]))

    assert len(await resolver.resolve("a.example", 80)) == 2
    await resolver.close()


def test_no_socket_is_made_for_a_private_address() -> None:
    """The last gate, whatever led there."""
    resolver = GuardedResolver(private=False)
    tcp = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    with pytest.raises(AddressRefused):
        resolver.socket((socket.AF_INET, *tcp, ("127.0.0.1", 80)))
    with pytest.raises(AddressRefused):
        resolver.socket((socket.AF_INET6, *tcp, ("::ffff:127.0.0.1", 80, 0, 0)))

    resolver.socket((socket.AF_INET, *tcp, ("8.8.8.8", 80))).close()


def test_the_machine_knows_itself() -> None:
    """The real look-up gives each address once, and `OSError` for a name that nobody has."""
    assert "127.0.0.1" in look_up("localhost", 80)
    with pytest.raises(OSError, match=r".+"):
        look_up("nobody.invalid", 80)
