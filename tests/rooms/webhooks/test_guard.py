"""Deliveries go to the public internet, whatever tricks a URL plays."""

import pytest

from rooms.webhooks.guard import UnfitUrl, check_url, is_public


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hooks",
        "http://example.com",
        "https://example.com:8443/a?b=c",
        "https://hooks.example.com./x",
        "https://bücher.example/x",
        "https://8.8.8.8/x",
        "https://[2606:4700:4700::1111]/x",
        "https://[64:ff9b::8.8.8.8]/x",
        "https://my_host.example.com/",
    ],
)
def test_public_urls_are_taken(url: str) -> None:
    """A name in full or a public address, over HTTP or HTTPS, on a port for HTTP."""
    assert check_url(url, private=False).raw_host


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "2130706433",
        "0",
        "0.0.0.0",
        "\uff11\uff12\uff17.0.0.1",
        "①②⑦.0.0.1",
        "example.127",
        "example.0x7f",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "%6c%6fcalhost",
        "localhost%00.example.com",
        "postgres",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "224.0.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[2606:4700:4700::1111%251]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[ff0e::1]",
        "[2001:db8::1]",
        "[2001::1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a00:1]",
        "[64:ff9b:1::8.8.8.8]",
        "[100::1]",
    ],
)
def test_hosts_of_our_own_network_are_refused(host: str) -> None:
    """However the address is written, and names that are only known inside."""
    with pytest.raises(UnfitUrl):
        check_url(f"http://{host}/hooks", private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hooks",
        "//example.com/hooks",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "http://",
        "http:///hooks",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://127.0.0.1\\.example.com/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: x",
        "http://example.com/\x00",
        "http://example.com:0/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:65536/",
        "http://example.com:80:80/",
        "http://example..com/",
        "http://.example.com/",
        "http://exa$mple.com/",
        "http://-example.com/",
        "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 130 + "com/",
        "http://[v1.x]/",
        "http://[::1",
    ],
)
def test_what_is_no_fit_url_is_refused_always(url: str) -> None:
    """Private addresses allowed or not: other schemes, credentials, other ports, malformed."""
    for private in (False, True):
        with pytest.raises(UnfitUrl):
            check_url(url, private=private)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/", "http://localhost:9000", "http://[::1]:9000", "http://app/"]
)
def test_the_operator_can_allow_private_addresses(url: str) -> None:
    """With the setting, the machine itself and its network will do."""
    assert check_url(url, private=True).raw_host


def test_the_fragment_is_not_sent() -> None:
    """What stands after # is for browsers."""
    assert str(check_url("https://a.example/x#y", private=False)) == "https://a.example/x"


@pytest.mark.parametrize("address", ["", "example.com", "127.0.0.1:80", "fe80::1%eth0"])
def test_what_is_no_public_address_is_none(address: str) -> None:
    """A text that is no address is not public either."""
    assert not is_public(address)
