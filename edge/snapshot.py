"""A rendered playlist: made once for a version, shared by all viewers."""

import zlib

GZIP_WINDOW = 16 + zlib.MAX_WBITS
"""zlib's way of asking for a gzip header."""
LEVEL = 5
"""A 4 kB playlist takes 60 µs at 5 and is 2 % smaller at 9."""


class Snapshot:
    """One version of a playlist in both encodings; gzip is made when first asked for."""

    __slots__ = ("_gzip", "plain")

    def __init__(self, text: str) -> None:
        self.plain = text.encode()
        self._gzip: bytes | None = None

    @property
    def gzip(self) -> bytes:
        if self._gzip is None:
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_WINDOW)
            self._gzip = packer.compress(self.plain) + packer.flush()
        return self._gzip
