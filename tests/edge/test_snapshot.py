"""Laws of edge.snapshot."""

import gzip

from edge.snapshot import Snapshot


def test_both_encodings_say_the_same() -> None:
    """The gzip body unpacks to the plain one, and is packed once."""
    snapshot = Snapshot("#EXTM3U\n" * 100)

    assert gzip.decompress(snapshot.gzip) == snapshot.plain
    assert snapshot.gzip is snapshot.gzip
