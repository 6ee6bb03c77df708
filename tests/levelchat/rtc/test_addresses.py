"""Laws of the addresses in an answer."""

import ipaddress

import pytest

from levelchat.rtc.addresses import reachable
from levelchat.rtc.errors import BadPublicAddress


def test_a_public_address_stands_alone() -> None:
    """What is configured is what publishers are told."""
    assert reachable("0.0.0.0", "203.0.113.7") == ("203.0.113.7",)
    assert reachable("::", "2001:DB8::7") == ("2001:db8::7",)


def test_several_public_addresses_are_told() -> None:
    """With commas between, in the order of the settings, each once."""
    assert reachable("::", "203.0.113.7, 2001:db8::7,203.0.113.7") == (
        "203.0.113.7",
        "2001:db8::7",
    )


def test_one_address_is_itself() -> None:
    """An endpoint that listens on one address is reached there."""
    assert reachable("127.0.0.1", "") == ("127.0.0.1",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_stands_for_all_with_loopback_last(host: str) -> None:
    """Publishers on this machine reach us, and remote ones never try loopback first."""
    found = reachable(host, "")

    assert found[-1] == "127.0.0.1"
    assert len(set(found)) == len(found)
    assert all(ipaddress.ip_address(address) for address in found)


def test_a_name_is_no_public_address() -> None:
    """A host name in the settings is refused with an example."""
    with pytest.raises(BadPublicAddress, match=r"203\.0\.113\.7"):
        reachable("0.0.0.0", "live.example")
    with pytest.raises(BadPublicAddress, match="''"):
        reachable("0.0.0.0", "203.0.113.7,")
