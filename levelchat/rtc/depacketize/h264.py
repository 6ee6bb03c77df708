"""H.264 payloads (RFC 6184) to access units in Annex B form.

Comes in: payloads of one access unit in order: single NAL units, STAP-A, FU-A. Goes out: the
access unit with the parameter sets in front of each key frame, also when the sender sent them only
once. Never reads a slice beyond its first bit.
"""

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

_TYPE = 0x1F
_SLICE = 1
_IDR_SLICE = 5
_SPS = 7
_PPS = 8
_DELIMITER = 9
_FILLER = 12
_LAST_SINGLE = 23
_STAP_A = 24
_FU_A = 28
_STAP_B_TO_FU_B = range(25, 30)

_FU_START = 0x80
_FU_END = 0x40
_FU_HEADER_BYTES = 2

_FIRST_MB_ZERO = 0x80
"""first_mb_in_slice is ue(v): 0 is a single 1 bit, the first behind the NAL unit header."""

_START_CODE = b"\0\0\0\1"
_MAX_ID = {_SPS: 31, _PPS: 255}
"""Rec. ITU-T H.264 §7.4.2.1.1, §7.4.2.2; bounds how many we keep."""
_ID_BYTE = {_SPS: 4, _PPS: 1}
"""Where the identifier, ue(v), begins: an SPS has profile, constraints and level before it."""
_MAX_PARAMETER_SET = 4096
"""Bytes. With scaling lists and VUI an SPS stays below 1 KiB; more only weighs on key frames."""


def _identifier(nal: bytes, kind: int) -> int:
    """The ue(v) by which a parameter set is known (Rec. ITU-T H.264 §9.1)."""
    start = _ID_BYTE[kind]
    window = int.from_bytes(nal[start : start + 4].ljust(4, b"\0"), "big")
    zeros = 32 - window.bit_length()
    value = (window >> max(31 - 2 * zeros, 0)) - 1
    if value < 0 or value > _MAX_ID[kind] or len(nal) > _MAX_PARAMETER_SET:
        raise MalformedPayload("an H.264 parameter set that cannot be one")
    return value


class H264Depacketizer:
    __slots__ = (
        "_chunks",
        "_fragment",
        "_fresh",
        "_key",
        "_kinds",
        "_parameter_sets",
        "_picture",
        "_resuming",
        "_usual_kinds",
    )

    def __init__(self) -> None:
        self._parameter_sets: dict[tuple[int, int], bytes] = {}
        self._usual_kinds: frozenset[int] = frozenset()
        self._resuming = False
        self._begin()

    def _begin(self) -> None:
        self._chunks: list[bytes] = []
        self._fresh: list[bytes] = []
        self._fragment: list[bytes] | None = None
        self._kinds: set[int] = set()
        self._picture = False
        self._key = False

    def push(self, payload: bytes) -> None:
        kind = payload[0] & _TYPE
        if kind == _FU_A:
            self._fragment_unit(payload)
            return
        if self._fragment is not None:
            raise MalformedPayload("an H.264 fragmentation unit without its end")
        if kind <= _LAST_SINGLE:
            self._nal(payload)
        elif kind == _STAP_A:
            self._aggregate(payload)
        elif kind in _STAP_B_TO_FU_B:
            # RFC 6184 §6.2, §6.3: only packetization modes 0 and 1 are ever answered.
            raise MalformedPayload(f"an H.264 payload of type {kind} of the interleaved mode")
        # RFC 6184 §5.2: types 30 and 31 are undefined and ignored.

    def _aggregate(self, payload: bytes) -> None:
        """RFC 6184 §5.7.1."""
        position, end = 1, len(payload)
        while position < end:
            size = int.from_bytes(payload[position : position + 2], "big")
            position += 2
            if not size or position + size > end:
                raise MalformedPayload("an H.264 aggregate with a NAL unit longer than itself")
            self._nal(payload[position : position + size])
            position += size

    def _fragment_unit(self, payload: bytes) -> None:
        """RFC 6184 §5.8."""
        if len(payload) <= _FU_HEADER_BYTES:
            raise MalformedPayload("an H.264 fragmentation unit without payload")
        header = payload[1]
        if header & _FU_START:
            if self._fragment is not None:
                raise MalformedPayload("an H.264 fragmentation unit without its end")
            self._fragment = [bytes((payload[0] & ~_TYPE | header & _TYPE,))]
        elif self._fragment is None:
            raise MalformedPayload("an H.264 fragmentation unit without its beginning")
        self._fragment.append(payload[_FU_HEADER_BYTES:])
        if header & _FU_END:
            nal = b"".join(self._fragment)
            self._fragment = None
            self._nal(nal)

    def _nal(self, nal: bytes) -> None:
        kind = nal[0] & _TYPE
        if kind in (_SPS, _PPS):
            self._parameter_sets[kind, _identifier(nal, kind)] = nal
            self._fresh.append(nal)
            self._kinds.add(kind)
            return
        # Neither carries anything a decoder needs; a delimiter would have to come first.
        if kind in (_DELIMITER, _FILLER):
            return
        if _SLICE <= kind <= _IDR_SLICE:
            self._slice(nal, kind)
        self._chunks.append(_START_CODE)
        self._chunks.append(nal)

    def _slice(self, nal: bytes, kind: int) -> None:
        if not self._picture:
            # Without arbitrary slice order (baseline, which WebRTC never uses it in) a picture's
            # first slice holds its first macroblock.
            if len(nal) > 1 and not nal[1] & _FIRST_MB_ZERO:
                raise MalformedPayload("an H.264 picture without its first slice")
            self._picture = True
            self._key = kind == _IDR_SLICE

    def finish(self) -> AccessUnit | None:
        chunks, fresh, kinds = self._chunks, self._fresh, frozenset(self._kinds)
        picture, key, cut_off = self._picture, self._key, self._fragment is not None
        self._begin()
        if cut_off:
            raise MalformedPayload("an H.264 fragmentation unit without its end")
        if not picture:
            return None
        if key:
            key = self._is_decodable(kinds)
            # RFC 6184 §8.4: parameter sets may come once, before the pictures that need them.
            fresh = [nal for _, nal in sorted(self._parameter_sets.items())]
        prefix = [part for nal in fresh for part in (_START_CODE, nal)]
        return AccessUnit(b"".join(prefix + chunks), key)

    def _is_decodable(self, kinds: frozenset[int]) -> bool:
        """Whether the parameter sets we have are those the key frame refers to.

        When a sender that repeats them with each key frame seems not to, right after a loss, they
        are what was lost, and the kept ones may be of another resolution.
        """
        lost = self._resuming and not self._usual_kinds <= kinds
        self._usual_kinds = kinds
        self._resuming = False
        have = {kind for kind, _ in self._parameter_sets}
        return not lost and have == {_SPS, _PPS}

    def reset(self) -> None:
        self._resuming = True
        self._begin()

    def starts_key_frame(self, payload: bytes) -> bool:
        kind = payload[0] & _TYPE
        if kind == _STAP_A and len(payload) > 3:  # noqa: PLR2004 - behind the first NAL's size
            kind = payload[3] & _TYPE
        return kind == _SPS
