"""AV1 payloads (AV1 RTP payload format 1.0) to temporal units.

Comes in: payloads of one temporal unit in order. Goes out: its OBUs, each with a size field,
without temporal delimiters. Never drops a layer.
"""

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

_CONTINUES = 0x80
_CONTINUED = 0x40
_COUNT_SHIFT = 4
_NEW_SEQUENCE = 0x08

_FORBIDDEN = 0x80
_HAS_EXTENSION = 0x04
_HAS_SIZE = 0x02

_SEQUENCE_HEADER = 1
_TEMPORAL_DELIMITER = 2
_FRAME_HEADER = 3
_FRAME = 6
_TILE_LIST = 8
_PADDING = 15

_LEB128_BYTES = 8
"""AV1 bitstream specification §4.10.5."""


def read_leb128(data: bytes, position: int) -> tuple[int, int]:
    """The value, and where what follows begins."""
    value = 0
    for index in range(_LEB128_BYTES):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, position
    raise MalformedPayload("an AV1 length that does not end")


def _leb128(value: int) -> bytes:
    if value < 0x80:  # noqa: PLR2004 - seven bits a byte
        return bytes((value,))
    encoded = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - same
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _is_shown_key_frame(frame: bytes) -> bool:
    """Reads show_existing_frame, frame_type and show_frame (AV1 specification §5.9.2)."""
    return bool(frame) and frame[0] & 0xF0 == 0x10  # noqa: PLR2004 - 0, 00 and 1


class Av1Depacketizer:
    __slots__ = ("_chunks", "_fragments", "_has_sequence_header", "_key")

    def __init__(self) -> None:
        self._fragments: list[bytes] = []
        self._chunks: list[bytes] = []
        self._has_sequence_header = False
        self._key: bool | None = None
        """Of the first frame; None before there was one."""

    def push(self, payload: bytes) -> None:
        header = payload[0]
        # AV1 RTP §4.4: Z says that the first element continues the last one of the packet before,
        # whose Y then was set.
        if bool(header & _CONTINUES) != bool(self._fragments):
            raise MalformedPayload("an AV1 OBU without its beginning or its end")
        count, position, end = header >> _COUNT_SHIFT & 3, 1, len(payload)
        if position == end:
            raise MalformedPayload("an AV1 payload without OBU elements")
        index = 0
        while position < end:
            index += 1
            # AV1 RTP §4.4: W elements, "the last OBU element MUST NOT be preceded by a length
            # field"; with W of 0 each has one.
            if index == count:
                length = end - position
            else:
                length, position = read_leb128(payload, position)
            element = payload[position : position + length]
            position += length
            if position > end:
                raise MalformedPayload("an AV1 OBU element longer than its packet")
            self._fragments.append(element)
            if position < end or not header & _CONTINUED:
                self._close()
        if count and index != count:
            raise MalformedPayload(f"an AV1 payload with {index} OBU elements instead of {count}")

    def _close(self) -> None:
        fragments, self._fragments = self._fragments, []
        obu = fragments[0] if len(fragments) == 1 else b"".join(fragments)
        if not obu:
            return
        header = obu[0]
        if header & _FORBIDDEN:
            raise MalformedPayload("an AV1 OBU with its forbidden bit set")
        start = 2 if header & _HAS_EXTENSION else 1
        end = len(obu)
        if header & _HAS_SIZE:
            size, start_of_body = read_leb128(obu, start)
            end = start_of_body + size
        else:
            start_of_body = start
        if end > len(obu) or start > len(obu):
            raise MalformedPayload("an AV1 OBU longer than its element")
        self._keep(obu[:start], obu[start_of_body:end])

    def _keep(self, header: bytes, body: bytes) -> None:
        kind = header[0] >> 3 & 0x0F
        # AV1 RTP §5: temporal delimiters and tile lists MUST be ignored by receivers. Padding
        # carries nothing.
        if kind in (_TEMPORAL_DELIMITER, _TILE_LIST, _PADDING):
            return
        if kind == _SEQUENCE_HEADER:
            self._has_sequence_header = True
        elif kind in (_FRAME, _FRAME_HEADER) and self._key is None:
            self._key = self._has_sequence_header and _is_shown_key_frame(body)
        self._chunks.append(bytes((header[0] | _HAS_SIZE,)) + header[1:] + _leb128(len(body)))
        self._chunks.append(body)

    def finish(self) -> AccessUnit | None:
        chunks, key, cut_off = self._chunks, self._key, bool(self._fragments)
        self.reset()
        if cut_off:
            raise MalformedPayload("an AV1 OBU without its end")
        # A temporal unit without a frame (a sequence header alone, metadata) is no picture.
        if key is None:
            return None
        return AccessUnit(b"".join(chunks), key)

    def reset(self) -> None:
        self._fragments = []
        self._chunks = []
        self._has_sequence_header = False
        self._key = None

    def starts_key_frame(self, payload: bytes) -> bool:
        # AV1 RTP §4.4: N is set in the first packet of a coded video sequence, and only there.
        return payload[0] & (_NEW_SEQUENCE | _CONTINUES) == _NEW_SEQUENCE
