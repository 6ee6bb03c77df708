"""Fields of any number of bits, from the most significant on, as headers of codecs have them."""


class BitReader:
    """Of *data*; raises `IndexError` where it ends too early."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """u(n), f(n): the next *count* bits."""
        self._left -= count
        if self._left < 0:
            raise IndexError("a field behind the end")
        return self._value >> self._left & ((1 << count) - 1)

    def below(self, limit: int) -> int:
        """ns(n) (AV1 bitstream specification §4.10.7): a value below *limit*."""
        width = limit.bit_length()
        spare = (1 << width) - limit
        value = self.take(width - 1)
        return value if value < spare else (value << 1) - spare + self.take(1)

    def unsigned(self) -> int:
        """ue(v) (ITU-T H.264 §9.1), and uvlc() (AV1 bitstream specification §4.10.3)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v) (ITU-T H.264 §9.1.1)."""
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)
