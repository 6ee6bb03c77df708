"""Laws of levelchat.rtc.receiver."""

import functools
import itertools
import random
import struct

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import rtp_material
from bench.rtp_material import FIRST_SEQUENCE, PAYLOAD_TYPE, SSRC, Material, pack
from levelchat.media.codec import Codec
from levelchat.media.frame import EncodedFrame
from levelchat.rtc import rtcp
from levelchat.rtc.receiver import (
    GONE_NS,
    KEY_FRAME_INTERVAL_NS,
    ReceiverConfig,
    ReceiverLimits,
    TrackReceiver,
)
from levelchat.rtc.sender_clock import SenderClock

MS = 1_000_000
SECOND = 1000 * MS
NOW = 1_795_000_000 * SECOND
SPACING = 3 * MS
RTX = 97
RTX_SSRC = 0x52545800
VIDEO = [Codec.H264, Codec.VP8, Codec.VP9, Codec.AV1]
DECODERS = {Codec.H264: "h264", Codec.VP8: "vp8", Codec.VP9: "vp9", Codec.AV1: "libdav1d"}
KEY = b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00key"
DELTA = b"\x10\x31\x02\x00delta"


@functools.cache
def material(codec: Codec, frames: int = 60, width: int = 320) -> Material:
    return rtp_material.make(codec, frames, width=width, height=width * 3 // 4)


def receiver(codec: Codec = Codec.VP8, **settings: object) -> TrackReceiver:
    agreed: dict[str, object] = {"nack": True, "pli": True, "rtx_payload_type": RTX}
    agreed |= settings
    return TrackReceiver(ReceiverConfig(codec, PAYLOAD_TYPE, **agreed), SenderClock())


def retransmission(packet: bytes, ssrc: int = RTX_SSRC) -> bytes:
    """The packet as RFC 4588 sends it again."""
    header = struct.pack("!BBHII", 0x80, packet[1] & 0x80 | RTX, 0, 0, ssrc)
    return header[:4] + packet[4:8] + header[8:] + packet[2:4] + packet[12:]


def renumbered(packet: bytes, sequence: int, timestamp: int, ssrc: int = SSRC) -> bytes:
    return packet[:2] + struct.pack("!HII", sequence & 0xFFFF, timestamp, ssrc) + packet[12:]


def send(track: TrackReceiver, packets: list[bytes], start: int = NOW) -> list[EncodedFrame]:
    out = []
    for index, packet in enumerate(packets):
        out += track.receive(packet, start + index * SPACING)
    return out


def decoded(codec: Codec, frames: list[EncodedFrame]) -> int:
    """How many pictures FFmpeg makes of *frames*; raises for what it cannot decode."""
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    if codec is not Codec.AV1:
        decoder.options = {"err_detect": "explode"}
    pictures = 0
    for frame in frames:
        pictures += len(decoder.decode(av.Packet(frame.data)))
    return pictures + len(decoder.decode(None))


@pytest.mark.parametrize("codec", [*VIDEO, Codec.OPUS])
def test_a_real_stream_comes_out_whole(codec: Codec) -> None:
    """Every frame an encoder made comes out, in order, across the sequence wrap."""
    made = material(codec)
    track = receiver(codec)
    frames = send(track, made.packets)

    assert len(frames) == len(made.encoded)
    assert track.stats.packets == len(made.packets)
    assert track.stats.bytes == sum(map(len, made.packets))
    assert (track.stats.lost, track.stats.malformed, track.stats.frames_dropped) == (0, 0, 0)
    assert not any(frame.broken for frame in frames)
    assert {b.pts - a.pts for a, b in itertools.pairwise(frames)} == {
        960 if codec is Codec.OPUS else 3000
    }
    if codec in (Codec.VP8, Codec.VP9, Codec.OPUS):
        assert [frame.data for frame in frames] == made.encoded
    if codec is not Codec.OPUS:
        assert sum(frame.key for frame in frames) == 4
        assert decoded(codec, frames) == 60


@pytest.mark.parametrize("codec", VIDEO)
def test_a_frame_comes_out_with_its_last_packet(codec: Codec) -> None:
    """No frame waits for a packet after its marker."""
    track = receiver(codec)
    for index, packet in enumerate(material(codec).packets):
        assert bool(track.receive(packet, NOW + index * SPACING)) == bool(packet[1] & 0x80)


@pytest.mark.parametrize("codec", VIDEO)
def test_lost_packets_come_by_retransmission(codec: Codec) -> None:
    """5 % of loss, each packet named by a NACK and sent again once: not a frame is missing."""
    rng = random.Random(codec)
    made = material(codec)
    track = receiver(codec)
    frames: list[EncodedFrame] = []
    again: list[tuple[int, bytes]] = []
    for index, packet in enumerate(made.packets):
        now = NOW + index * SPACING
        while again and again[0][0] <= now:
            frames += track.receive(again.pop(0)[1], now)
        if not index or index == len(made.packets) - 1 or rng.random() >= 0.05:
            frames += track.receive(packet, now)
        for number in nacked(track.feedback(now)):
            lost = made.packets[(number - FIRST_SEQUENCE) & 0xFFFF]
            again.append((now + 20 * MS, retransmission(lost)))
    for _, packet in again:
        frames += track.receive(packet, NOW + len(made.packets) * SPACING)

    assert track.stats.recovered > 0
    assert (len(frames), track.stats.lost) == (60, 0)
    assert decoded(codec, frames) == 60
    assert [f.pts for f in frames] == sorted(f.pts for f in frames)


def nacked(feedback: list[bytes]) -> list[int]:
    """The sequence numbers that the NACKs in *feedback* ask for."""
    numbers = []
    for message in feedback:
        if message[1] == 205:
            for position in range(12, len(message), 4):
                first, mask = struct.unpack_from("!HH", message, position)
                numbers += [first, *(first + 1 + n for n in range(16) if mask >> n & 1)]
    return [number & 0xFFFF for number in numbers]


@pytest.mark.parametrize("codec", VIDEO)
@pytest.mark.parametrize("seed", range(3))
def test_what_comes_out_decodes_whatever_is_lost(codec: Codec, seed: int) -> None:
    """Without retransmission, 4 % of loss and reordering leave only frames that decode."""
    rng = random.Random(seed)
    packets = material(codec, 150).packets
    arrivals = sorted(
        (index + rng.choice([0, 0, 0, rng.random() * 8]), packet)
        for index, packet in enumerate(packets)
        if rng.random() >= 0.04
    )
    track = receiver(codec, nack=False)
    frames: list[EncodedFrame] = []
    for at, packet in arrivals:
        frames += track.receive(packet, NOW + int(at * SPACING))
    frames += track.expire(NOW + len(packets) * SPACING + SECOND)

    assert 0 < len(frames) < 150
    assert decoded(codec, frames) == len(frames)
    assert all(frame.key for frame in frames if frame.broken)
    assert all(b.key or b.pts - a.pts == 3000 for a, b in itertools.pairwise(frames))
    assert sum(frame.broken for frame in frames) > 0
    assert track.stats.lost > 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_network_yields_whole_frames_in_order(data: st.DataObject) -> None:
    """Loss, reordering and copies: what comes out was made by the encoder, in its order; and with
    nothing lost, all of it.
    """
    made = material(Codec.VP8)
    events = data.draw(
        st.lists(
            st.tuples(st.integers(0, 30), st.booleans(), st.booleans()),
            min_size=len(made.packets),
            max_size=len(made.packets),
        )
    )
    losing = data.draw(st.booleans())
    arrivals = []
    for index, (late, lost, twice) in enumerate(events):
        if not (losing and lost and index % 7 == 3):
            # The first packet begins the stream: whatever came before it would be too late.
            arrivals.append((index + late if index else -1, index))
        if twice:
            arrivals.append((index + late + 5, index))
    track = receiver(Codec.VP8)
    frames: list[EncodedFrame] = []
    for at, index in sorted(arrivals):
        frames += track.receive(made.packets[index], NOW + at * MS)
    frames += track.expire(NOW + 1000 * SECOND)
    positions = [made.encoded.index(frame.data) for frame in frames]

    assert positions == sorted(set(positions))
    if not losing:
        assert len(frames) == len(made.encoded)
        assert track.stats.lost == 0


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*VIDEO, Codec.OPUS]),
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                pack,
                st.integers(0, 65535),
                st.integers(0, 2**32 - 1),
                st.binary(max_size=24),
                marker=st.booleans(),
                payload_type=st.sampled_from([PAYLOAD_TYPE, RTX, 3]),
                ssrc=st.sampled_from([1, 2]),
            ),
            st.builds(
                pack,
                st.integers(0, 40),
                st.integers(0, 3),
                st.binary(max_size=24),
                marker=st.booleans(),
            ),
        ),
        max_size=60,
    ),
)
def test_nothing_a_peer_sends_raises(codec: Codec, packets: list[bytes]) -> None:
    """Any bytes, and any headers around any payloads, are taken or counted."""
    track = receiver(codec, abs_capture_time_id=3)
    for index, packet in enumerate(packets):
        now = NOW + index * 40 * MS
        for frame in track.receive(packet, now):
            assert frame.data
        track.feedback(now)
        track.expire(now)
        track.report_block(now)

    assert len(track._buffer.missing) <= 512


@pytest.mark.parametrize("codec", VIDEO)
def test_a_change_of_resolution_comes_through(codec: Codec) -> None:
    """A stream that goes on in another size, as Chrome's does under load, decodes throughout."""
    small, large = material(codec, 20, 192), material(codec, 20, 320)
    packets = [
        renumbered(packet, 65_520 + index, struct.unpack_from("!I", packet, 4)[0])
        for index, packet in enumerate(small.packets + large.packets)
    ]
    frames = send(receiver(codec), packets)

    assert len(frames) == 40
    assert decoded(codec, frames) == 40


def vp8(sequence: int, timestamp: int, payload: bytes = DELTA, **fields: object) -> bytes:
    return pack(sequence, timestamp, payload, marker=True, **fields)


def started(**settings: object) -> TrackReceiver:
    """A VP8 track whose key frame, number 65535, is in."""
    track = receiver(**settings)
    assert len(track.receive(vp8(65_535, 0, KEY), NOW)) == 1
    return track


def test_a_missing_packet_holds_back_what_follows_until_its_time_is_up() -> None:
    """Frames behind a hole wait 250 ms; then the loss is final and a key frame is asked for."""
    track = started()
    assert track.receive(vp8(1, 6000), NOW + 10 * MS) == []
    assert track.expire(NOW + 259 * MS) == []
    assert track.stats.lost == 0
    assert track.expire(NOW + 260 * MS) == []

    assert (track.stats.lost, track.stats.frames_dropped) == (1, 1)
    assert track.feedback(NOW + 260 * MS) == [rtcp.pli(1, SSRC)]
    (frame,) = track.receive(vp8(2, 9000, KEY), NOW + 300 * MS)
    assert (frame.key, frame.broken) == (True, True)
    assert track.feedback(NOW + SECOND) == []


@pytest.mark.parametrize(("agreed", "wait"), [({"nack": True}, 250), ({"nack": False}, 60)])
def test_nobody_waits_for_what_nobody_asked_for(agreed: dict[str, bool], wait: int) -> None:
    """Without NACK only reordering is waited for."""
    track = started(**agreed)
    track.receive(vp8(1, 6000), NOW)
    track.expire(NOW + wait * MS - 1)
    assert track.stats.lost == 0
    track.expire(NOW + wait * MS)

    assert track.stats.lost == 1


def test_sound_waits_less() -> None:
    """A missing packet of sound holds the next ones back for 60 ms at most."""
    track = receiver(Codec.OPUS)
    track.receive(pack(0, 0, b"\xfc"), NOW)
    assert track.receive(pack(2, 1920, b"\xfc"), NOW + 40 * MS) == []
    (frame,) = track.expire(NOW + 100 * MS)

    assert (frame.pts, frame.broken) == (1920, True)
    assert track.feedback(NOW + 100 * MS) == []


def test_the_bound_on_packets_is_kept() -> None:
    """With 512 packets waiting, the hole before them is given up whatever the time."""
    track = started()
    for number in range(1, 512):
        track.receive(vp8(number, number * 3000), NOW)
    assert track.stats.lost == 0
    track.receive(vp8(512, 0), NOW)

    assert track.stats.lost == 1


@pytest.mark.parametrize("held", [True, False])
def test_a_hole_wider_than_the_bound_is_given_up_at_once(*, held: bool) -> None:
    """An outage of 600 packets is not asked for again; what was held before it is released."""
    track = started()
    if held:
        track.receive(vp8(1, 6000, KEY), NOW)
    frames = track.receive(vp8(602, 600_000, KEY), NOW + SECOND // 10)

    assert [frame.pts for frame in frames] == [6000, 600_000][1 - held :]
    assert track.stats.lost == 602 - held
    assert track.feedback(NOW + SECOND // 10) == []
    block = track.report_block(NOW + SECOND)
    assert block is not None
    assert block.packets_lost == 602 - held


def test_a_small_bound_is_kept_too() -> None:
    """Limits are the caller's to choose."""
    config = ReceiverConfig(Codec.OPUS, PAYLOAD_TYPE)
    track = TrackReceiver(config, SenderClock(), ReceiverLimits(max_packets=4))
    track.receive(pack(0, 0, b"\xfc"), NOW)
    frames = [track.receive(pack(n, n * 960, b"\xfc"), NOW) for n in range(2, 6)]

    assert [len(released) for released in frames] == [0, 0, 0, 4]


def test_a_key_frame_ends_the_wait_for_what_came_before_it() -> None:
    """While a key frame is waited for, holes before it are not."""
    track = started()
    track.receive(vp8(1, 6000), NOW)
    track.expire(NOW + 250 * MS)
    assert track.receive(vp8(5, 15_000, DELTA), NOW + 260 * MS) == []
    (frame,) = track.receive(vp8(9, 21_000, KEY), NOW + 270 * MS)

    assert frame.broken
    assert track.stats.lost == 1 + 3 + 3


def test_requests_for_a_key_frame_are_throttled() -> None:
    """At most one each 500 ms, for as long as one is wanted."""
    track = started()
    track.request_key_frame(NOW)
    times = [ms for ms in range(0, 2000, 20) if track.feedback(NOW + ms * MS)]
    assert times == [0, 500, 1000, 1500]
    assert KEY_FRAME_INTERVAL_NS == 500 * MS
    track.receive(vp8(0, 3000, KEY), NOW + 2 * SECOND)

    assert track.feedback(NOW + 3 * SECOND) == []
    assert track.stats.key_frame_requests == 4


def test_a_silent_track_is_not_asked_for_ever() -> None:
    """A publisher that muted its camera is left alone until something comes from it."""
    track = started()
    track.request_key_frame(NOW)
    track.feedback(NOW)
    assert track.feedback(NOW + GONE_NS + 1) == []
    track.receive(vp8(0, 3000), NOW + 2 * GONE_NS)

    assert track.feedback(NOW + 2 * GONE_NS) == [rtcp.pli(1, SSRC)]


def test_fir_is_used_where_pli_was_not_agreed_on() -> None:
    """Each FIR has a number of its own; with neither, nothing is said."""
    track = started(pli=False, fir=True, local_ssrc=9)
    track.request_key_frame(NOW)
    assert track.feedback(NOW) == [rtcp.fir(9, SSRC, 1)]
    assert track.feedback(NOW + SECOND) == [rtcp.fir(9, SSRC, 2)]

    mute = started(pli=False)
    mute.request_key_frame(NOW)
    assert mute.feedback(NOW) == []


def test_sound_is_never_asked_for_key_frames() -> None:
    """A request for a track without key frames does nothing."""
    track = receiver(Codec.OPUS)
    track.receive(pack(0, 0, b"\xfc"), NOW)
    track.request_key_frame(NOW)

    assert track.feedback(NOW) == []


@pytest.mark.parametrize("start", [0, 1, 127, 128, 32767, 32768, 65534, 65535])
@pytest.mark.parametrize("clock", [0, 2**31 - 3000, 2**32 - 6000])
def test_both_counters_wrap_anywhere(start: int, clock: int) -> None:
    """From every wrap point, with a hole that a retransmission fills, all frames come out."""
    track = receiver()
    frames = track.receive(vp8(start, clock, KEY), NOW)
    for number in range(1, 6):
        if number != 2:
            packet = vp8(start + number, clock + number * 3000)
            frames += track.receive(packet, NOW + number * 33 * MS)
    (nack,) = track.feedback(NOW + 170 * MS)
    assert nacked([nack]) == [(start + 2) & 0xFFFF]
    again = retransmission(vp8(start + 2, clock + 6000))
    frames += track.receive(again, NOW + 180 * MS)

    assert [frame.pts for frame in frames] == [clock + number * 3000 for number in range(6)]
    assert [frame.wall_ns for frame in frames] == sorted({frame.wall_ns for frame in frames})
    block = track.report_block(NOW + SECOND)
    assert block is not None
    assert (block.highest_sequence, block.packets_lost) == (start + 5, 1)


def test_probes_and_copies_on_the_retransmission_stream_are_harmless() -> None:
    """Empty retransmissions, old ones, and those of another source change no frame."""
    track = started(rtx_ssrc=RTX_SSRC)
    for packet in (
        pack(1, 0, b"", payload_type=RTX, ssrc=RTX_SSRC),
        pack(2, 0, b"\x01", payload_type=RTX, ssrc=RTX_SSRC),
        retransmission(vp8(65_535, 0, KEY)),
    ):
        assert track.receive(packet, NOW) == []
    track.receive(vp8(1, 6000), NOW)
    assert track.receive(retransmission(vp8(0, 3000), ssrc=5), NOW) == []
    assert len(track.receive(retransmission(vp8(0, 3000)), NOW)) == 2

    assert (track.stats.duplicates, track.stats.recovered, track.stats.malformed) == (1, 1, 0)


def test_a_retransmission_before_anything_else_is_nothing() -> None:
    """Without a stream there is nothing to repair."""
    assert receiver().receive(retransmission(vp8(0, 0, KEY)), NOW) == []


def test_padding_is_no_loss_and_breaks_no_frame() -> None:
    """Chrome's packets of padding and its empty payloads take numbers and give nothing."""
    track = receiver()
    padding = b"\xa0" + pack(65_535, 0, b"\0\0\0\4")[1:]
    frames = track.receive(pack(65_534, 0, KEY), NOW)
    frames += track.receive(padding, NOW)
    frames += track.receive(pack(0, 9000, b"", marker=True), NOW)
    frames += track.receive(pack(1, 0, b"\x00more", marker=True), NOW)
    frames += track.receive(vp8(2, 3000), NOW + 33 * MS)

    assert [frame.data for frame in frames] == [KEY[1:] + b"more", DELTA[1:]]
    assert (track.stats.lost, track.stats.malformed) == (0, 0)


def test_copies_and_latecomers_are_counted_and_dropped() -> None:
    """A second copy of a packet gives no second frame."""
    track = started()
    assert len(track.receive(vp8(0, 3000), NOW)) == 1
    assert track.receive(vp8(0, 3000), NOW) == []
    assert track.receive(vp8(65_500, 0), NOW) == []

    assert track.stats.duplicates == 2


@pytest.mark.parametrize("jump", [3001, 10_000, 32_768, 62_000])
def test_a_jump_of_the_sequence_begins_anew(jump: int) -> None:
    """RFC 3550 §A.1: two packets in a row far away are a new beginning; it takes a key frame."""
    track = started()
    frames = [
        *track.receive(vp8(65_535 + jump, 90_000, DELTA), NOW + SECOND),
        *track.receive(vp8(65_536 + jump, 93_000, KEY), NOW + SECOND),
    ]

    assert [(frame.key, frame.broken) for frame in frames] == [(True, True)]
    assert track.stats.restarts == 1
    block = track.report_block(NOW + SECOND)
    assert block is not None
    assert block.packets_lost == 0


def test_one_stray_packet_is_no_new_beginning() -> None:
    """A single packet far away is dropped, and the stream goes on."""
    track = started()
    assert track.receive(vp8(20_000, 90_000, KEY), NOW) == []
    assert len(track.receive(vp8(0, 3000), NOW)) == 1
    assert track.receive(vp8(20_001, 90_000, KEY), NOW) == []
    assert track.receive(vp8(40_000, 90_000, KEY), NOW) == []

    assert (track.stats.restarts, track.stats.malformed) == (0, 1)


def test_a_sender_that_goes_back_a_little_begins_anew_after_a_second() -> None:
    """Late packets are late; when for a second nothing else comes, they are a new stream."""
    track = started()
    for number in range(40):
        frames = track.receive(
            vp8(65_000 + number, 500_000 + number * 3000, KEY), NOW + number * 33 * MS
        )
        if frames:
            break

    assert track.stats.restarts == 1
    assert 30 <= number < 40
    assert len(track.receive(vp8(65_001 + number, 10**6), NOW + 2 * SECOND)) == 1


def test_a_new_source_takes_over_with_its_second_packet() -> None:
    """A publisher that restarts with another SSRC loses no frame of the new stream."""
    track = started()
    assert track.receive(vp8(7, 500, KEY, ssrc=99), NOW + SECOND) == []
    frames = track.receive(vp8(8, 3500, ssrc=99), NOW + SECOND + 33 * MS)

    assert [(frame.key, frame.broken) for frame in frames] == [(True, True), (False, False)]
    assert frames[0].pts == 90_000
    assert track.ssrc == 99
    assert track.stats.restarts == 1


def test_after_a_bye_a_new_source_takes_over_at_once() -> None:
    """A source that said goodbye needs not be waited for."""
    track = started()
    track.on_bye()

    assert len(track.receive(vp8(7, 500, KEY, ssrc=99), NOW + SECOND)) == 1


def test_the_source_of_the_offer_is_expected() -> None:
    """With an SSRC from SDP, a stray packet of another is not the track."""
    track = receiver(ssrc=SSRC)
    assert track.ssrc == SSRC
    assert track.receive(vp8(1, 0, KEY, ssrc=5), NOW) == []
    assert len(track.receive(vp8(1, 0, KEY), NOW)) == 1
    assert track.ssrc == SSRC


def test_a_long_pause_is_no_loss() -> None:
    """A track muted for an hour goes on with its next packet, in its place in time."""
    track = started()
    (frame,) = track.receive(vp8(0, 3600 * 90_000), NOW + 3600 * SECOND)

    assert (frame.pts, frame.broken) == (3600 * 90_000, False)
    assert abs(frame.wall_ns - NOW - 3600 * SECOND) < MS


def test_foreign_packets_are_counted() -> None:
    """What is not RTP, or of a payload type nobody agreed on, is dropped."""
    track = started()
    assert track.receive(b"\x80", NOW) == []
    assert track.receive(pack(1, 2, b"x", payload_type=3), NOW) == []

    assert track.stats.malformed == 2


def test_reports_name_the_source_and_its_last_sender_report() -> None:
    """A report block is there when something came; a report of another source is ignored."""
    track = receiver()
    assert track.report_block(NOW) is None
    track.receive(vp8(0, 0, KEY), NOW)
    track.on_sender_report(rtcp.SenderReport(5, 0x1111_2222_3333_4444, 0, 0, 0), NOW)
    track.on_sender_report(rtcp.SenderReport(SSRC, 0x5555_6666_7777_8888, 0, 0, 0), NOW)
    block = track.report_block(NOW + SECOND)

    assert block is not None
    assert (block.ssrc, block.last_sender_report) == (SSRC, 0x6666_7777)
    assert block.delay_since_last == 65_536
    assert track.report_block(NOW + SECOND) is None


def test_capture_times_in_packets_are_used() -> None:
    """The header extension maps the very first frame, whatever its encoder took."""
    clock = SenderClock()
    config = ReceiverConfig(Codec.VP8, PAYLOAD_TYPE, abs_capture_time_id=4)
    track = TrackReceiver(config, clock)
    ntp = 3_900_000_000 << 32
    other = clock.track(48_000)
    other.on_sender_report(ntp, 0, NOW)
    element = b"\x47" + ntp.to_bytes(8, "big") + bytes(3)
    plain = vp8(0, 90_000, KEY)
    packet = b"\x90" + plain[1:12] + b"\xbe\xde\x00\x03" + element + plain[12:]
    (frame,) = track.receive(packet, NOW + 150 * MS)

    assert frame.wall_ns == NOW


def test_a_new_source_may_be_repaired_by_a_new_stream() -> None:
    """Who retransmits for a source that took over is not known: any stream of the type may."""
    track = started(rtx_ssrc=RTX_SSRC)
    track.on_bye()
    track.receive(vp8(7, 500, KEY, ssrc=99), NOW + SECOND)
    track.receive(vp8(9, 6500, ssrc=99), NOW + SECOND)

    assert len(track.receive(retransmission(vp8(8, 3500), ssrc=98), NOW + SECOND)) == 2


def test_a_new_source_is_asked_at_once() -> None:
    """What was asked of the source before does not delay asking the new one."""
    track = started()
    track.receive(vp8(1, 6000), NOW)
    assert nacked(track.feedback(NOW)) == [0]
    track.on_bye()
    track.receive(vp8(65_535, 0, KEY, ssrc=99), NOW + MS)
    track.receive(vp8(1, 6000, ssrc=99), NOW + MS)

    assert nacked(track.feedback(NOW + MS)) == [0]
