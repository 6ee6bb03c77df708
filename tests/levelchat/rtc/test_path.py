"""Laws of how a peer is reached."""

from levelchat.rtc.path import TCP, Path

ADDRESS = ("192.0.2.1", 5000)


def test_paths_of_one_address_are_several() -> None:
    """The same address behind another shard, or over TCP, is another path."""
    paths = {Path(0, ADDRESS), Path(1, ADDRESS), Path(TCP, ADDRESS), Path(0, ADDRESS)}

    assert len(paths) == 3
    assert [path.is_tcp for path in sorted(paths)] == [True, False, False]
