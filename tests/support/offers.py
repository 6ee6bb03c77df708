"""Offers as the programs that people publish with really write them."""

FINGERPRINT = ":".join(["AB"] * 32)

CHROMIUM = """v=0
o=- 6945026765939484627 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS 7f81a6d1-7d18-4333-9831-b6101b2cc403
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1768504736 1 udp 2113937151 bd126985-5cff-4def-a5f4-00a73031d672.local 33698 typ host generation 0 network-cost 999
a=candidate:2718956608 1 udp 2113942271 12d1a855-95ea-42fc-9425-ba2b5eae305f.local 35187 typ host generation 0 network-cost 999
a=ice-ufrag:fqD+
a=ice-pwd:19BZxtezWxE2iFNtkOZ1Is83
a=ice-options:trickle
a=fingerprint:sha-256 AB:C6:4A:A1:D7:08:55:D1:23:6A:6A:92:D2:9D:B4:06:20:99:25:A4:6B:85:0F:AD:B9:BE:EC:E6:C3:E0:7C:10
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=msid:7f81a6d1-7d18-4333-9831-b6101b2cc403 36947ee3-ebb0-4355-9cf7-505936b76dce
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3028469065 cname:HexiY4haMPYhIkWp
a=ssrc:3028469065 msid:7f81a6d1-7d18-4333-9831-b6101b2cc403 36947ee3-ebb0-4355-9cf7-505936b76dce
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 107 108 109 114 115 116 117 39 40 45 46 98 99 100 101 118 119 120
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:fqD+
a=ice-pwd:19BZxtezWxE2iFNtkOZ1Is83
a=ice-options:trickle
a=fingerprint:sha-256 AB:C6:4A:A1:D7:08:55:D1:23:6A:6A:92:D2:9D:B4:06:20:99:25:A4:6B:85:0F:AD:B9:BE:EC:E6:C3:E0:7C:10
a=setup:actpass
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:13 urn:3gpp:video-orientation
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing
a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=sendonly
a=msid:7f81a6d1-7d18-4333-9831-b6101b2cc403 e0fa9787-d881-459b-a8d3-554aa5225a2a
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 transport-cc
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=rtcp-fb:104 goog-remb
a=rtcp-fb:104 transport-cc
a=rtcp-fb:104 ccm fir
a=rtcp-fb:104 nack
a=rtcp-fb:104 nack pli
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:107 rtx/90000
a=fmtp:107 apt=104
a=rtpmap:108 H264/90000
a=rtcp-fb:108 goog-remb
a=rtcp-fb:108 transport-cc
a=rtcp-fb:108 ccm fir
a=rtcp-fb:108 nack
a=rtcp-fb:108 nack pli
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
a=rtpmap:114 H264/90000
a=rtcp-fb:114 goog-remb
a=rtcp-fb:114 transport-cc
a=rtcp-fb:114 ccm fir
a=rtcp-fb:114 nack
a=rtcp-fb:114 nack pli
a=fmtp:114 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:115 rtx/90000
a=fmtp:115 apt=114
a=rtpmap:116 H264/90000
a=rtcp-fb:116 goog-remb
a=rtcp-fb:116 transport-cc
a=rtcp-fb:116 ccm fir
a=rtcp-fb:116 nack
a=rtcp-fb:116 nack pli
a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:117 rtx/90000
a=fmtp:117 apt=116
a=rtpmap:39 H264/90000
a=rtcp-fb:39 goog-remb
a=rtcp-fb:39 transport-cc
a=rtcp-fb:39 ccm fir
a=rtcp-fb:39 nack
a=rtcp-fb:39 nack pli
a=fmtp:39 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f
a=rtpmap:40 rtx/90000
a=fmtp:40 apt=39
a=rtpmap:45 AV1/90000
a=rtcp-fb:45 goog-remb
a=rtcp-fb:45 transport-cc
a=rtcp-fb:45 ccm fir
a=rtcp-fb:45 nack
a=rtcp-fb:45 nack pli
a=fmtp:45 level-idx=5;profile=0;tier=0
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:98 VP9/90000
a=rtcp-fb:98 goog-remb
a=rtcp-fb:98 transport-cc
a=rtcp-fb:98 ccm fir
a=rtcp-fb:98 nack
a=rtcp-fb:98 nack pli
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:100 VP9/90000
a=rtcp-fb:100 goog-remb
a=rtcp-fb:100 transport-cc
a=rtcp-fb:100 ccm fir
a=rtcp-fb:100 nack
a=rtcp-fb:100 nack pli
a=fmtp:100 profile-id=2
a=rtpmap:101 rtx/90000
a=fmtp:101 apt=100
a=rtpmap:118 red/90000
a=rtpmap:119 rtx/90000
a=fmtp:119 apt=118
a=rtpmap:120 ulpfec/90000
a=ssrc-group:FID 3442861270 1066396236
a=ssrc:3442861270 cname:HexiY4haMPYhIkWp
a=ssrc:3442861270 msid:7f81a6d1-7d18-4333-9831-b6101b2cc403 e0fa9787-d881-459b-a8d3-554aa5225a2a
a=ssrc:1066396236 cname:HexiY4haMPYhIkWp
a=ssrc:1066396236 msid:7f81a6d1-7d18-4333-9831-b6101b2cc403 e0fa9787-d881-459b-a8d3-554aa5225a2a
"""

FFMPEG = """v=0
o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1
s=FFmpegPublishSession
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=ice-ufrag:fa19f3a2
a=ice-pwd:f2aae1836898c961d9bdf0dee3fb9c86
a=fingerprint:sha-256 C5:06:D3:77:6A:2F:14:40:47:58:BE:58:9B:B8:F7:CF:92:74:B8:B9:96:6A:E1:94:37:81:23:D4:9A:C7:BD:E3
a=setup:active
a=mid:0
a=sendonly
a=msid:FFmpeg audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=ssrc:3811874894 cname:FFmpeg
a=ssrc:3811874894 msid:FFmpeg audio
m=video 9 UDP/TLS/RTP/SAVPF 106 105
c=IN IP4 0.0.0.0
a=ice-ufrag:fa19f3a2
a=ice-pwd:f2aae1836898c961d9bdf0dee3fb9c86
a=fingerprint:sha-256 C5:06:D3:77:6A:2F:14:40:47:58:BE:58:9B:B8:F7:CF:92:74:B8:B9:96:6A:E1:94:37:81:23:D4:9A:C7:BD:E3
a=setup:active
a=mid:1
a=sendonly
a=msid:FFmpeg video
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:106 H264/90000
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001e
a=rtcp-fb:106 nack
a=rtpmap:105 rtx/90000
a=fmtp:105 apt=106
a=ssrc-group:FID 3811874895 3811874896
a=ssrc:3811874895 cname:FFmpeg
a=ssrc:3811874895 msid:FFmpeg video
"""

FIREFOX = f"""v=0
o=mozilla...THIS_IS_SDPARTA-99.0 4962303333179871722 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 {FINGERPRINT}
a=group:BUNDLE 0 1
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=sendonly
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49
a=ice-ufrag:289b31b7
a=mid:0
a=msid:{{e0c7a8d2}} {{11f3}}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000/1
a=setup:actpass
a=ssrc:2655508255 cname:{{735484ea}}
m=video 0 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98 123 122 119
c=IN IP4 0.0.0.0
a=bundle-only
a=sendonly
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1
a=fmtp:120 max-fs=12288;max-fr=60
a=fmtp:124 apt=120
a=fmtp:121 max-fs=12288;max-fr=60
a=fmtp:125 apt=121
a=fmtp:127 apt=126
a=fmtp:98 apt=97
a=fmtp:119 apt=122
a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49
a=ice-ufrag:289b31b7
a=mid:1
a=msid:{{e0c7a8d2}} {{22f3}}
a=rtcp-fb:120 nack
a=rtcp-fb:120 nack pli
a=rtcp-fb:120 ccm fir
a=rtcp-fb:120 goog-remb
a=rtcp-fb:120 transport-cc
a=rtcp-fb:126 nack
a=rtcp-fb:126 nack pli
a=rtcp-fb:126 ccm fir
a=rtcp-fb:126 goog-remb
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:120 VP8/90000
a=rtpmap:124 rtx/90000
a=rtpmap:121 VP9/90000
a=rtpmap:125 rtx/90000
a=rtpmap:126 H264/90000
a=rtpmap:127 rtx/90000
a=rtpmap:97 H264/90000
a=rtpmap:98 rtx/90000
a=rtpmap:123 ulpfec/90000
a=rtpmap:122 red/90000
a=rtpmap:119 rtx/90000
a=setup:actpass
a=ssrc:3081446216 cname:{{735484ea}}
a=ssrc:3904312612 cname:{{735484ea}}
a=ssrc-group:FID 3081446216 3904312612
"""

SAFARI = f"""v=0
o=- 2905123450987654321 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS 4f1b
m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Yc3P
a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y
a=ice-options:trickle
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=msid:4f1b aa
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Yc3P
a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y
a=ice-options:trickle
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
a=mid:1
a=extmap:13 urn:3gpp:video-orientation
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=msid:4f1b bb
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 H264/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 H265/90000
a=fmtp:98 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:100 VP8/90000
a=rtpmap:101 rtx/90000
a=fmtp:101 apt=100
"""

OBS = f"""v=0
o=rtc 2397958127 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=group:LS 0 1
a=msid-semantic:WMS *
a=setup:actpass
a=ice-ufrag:KUXP
a=ice-pwd:SStZzOsVtnXIMWNkjSMFg1
a=ice-options:ice2,trickle
a=fingerprint:sha-256 {FINGERPRINT}
m=audio 64241 UDP/TLS/RTP/SAVPF 111
c=IN IP4 192.0.2.7
a=mid:0
a=sendonly
a=ssrc:1234567890 cname:dh8vjHwAQ2
a=ssrc:1234567890 msid:obs audio
a=msid:obs audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
a=candidate:1 1 UDP 2122317823 192.0.2.7 64241 typ host
a=end-of-candidates
m=video 64241 UDP/TLS/RTP/SAVPF 96
c=IN IP4 192.0.2.7
a=mid:1
a=sendonly
a=ssrc:1234567891 cname:dh8vjHwAQ2
a=ssrc:1234567891 msid:obs video
a=msid:obs video
a=rtcp-mux
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
"""

GSTREAMER = f"""v=0
o=- 5551134087311284311 0 IN IP4 0.0.0.0
s=-
t=0 0
a=ice-options:trickle
a=group:BUNDLE video0 audio1
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=setup:actpass
a=ice-ufrag:OQ3Ctbsud1cZTnJgoi6jMyCAWGcTbsFA
a=ice-pwd:fmMKB5jqb4ChOFqEmHBIDRNKc7uYLKD1
a=rtcp-mux
a=rtcp-rsize
a=sendonly
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 transport-cc
a=framerate:30
a=fmtp:96 packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=Z0LAH9kAUAW7,aMuDyyA=
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 1411123211 2411123212
a=ssrc:1411123211 msid:user1 webrtctransceiver0
a=ssrc:2411123212 msid:user1 webrtctransceiver0
a=mid:video0
a=fingerprint:sha-256 {FINGERPRINT}
m=audio 0 UDP/TLS/RTP/SAVPF 98
c=IN IP4 0.0.0.0
a=setup:actpass
a=ice-ufrag:OQ3Ctbsud1cZTnJgoi6jMyCAWGcTbsFA
a=ice-pwd:fmMKB5jqb4ChOFqEmHBIDRNKc7uYLKD1
a=bundle-only
a=rtcp-mux
a=rtcp-rsize
a=sendonly
a=rtpmap:98 OPUS/48000/2
a=fmtp:98 sprop-stereo=1;stereo=1
a=ssrc:3411123213 msid:user1 webrtctransceiver1
a=mid:audio1
a=fingerprint:sha-256 {FINGERPRINT}
"""

ALL = {
    "chromium": CHROMIUM,
    "firefox": FIREFOX,
    "safari": SAFARI,
    "obs": OBS,
    "ffmpeg": FFMPEG,
    "gstreamer": GSTREAMER,
}

CHROMIUM_SIMULCAST = (
    CHROMIUM.partition("a=ssrc-group:FID")[0].replace(
        "a=extmap:11 ",
        "a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/"
        "#dependency-descriptor-rtp-header-extension\na=extmap:11 ",
    )
    + "a=rid:l send\na=rid:m send\na=rid:h send\na=simulcast:send l;m;h\n"
)
"""Layers by RID: no SSRC of the video is told."""

FIREFOX_SIMULCAST = (
    FIREFOX
    + "a=rid:f send\na=rid:h send\na=rid:q send\n"
    + (
        "a=extmap:8/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
        "a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\n"
        "a=simulcast:send f;h;q\n"
    )
)
"""The best layer first, and SSRCs beside the RIDs."""


def receiving(text: str, slots: int = 1) -> str:
    """The offer of a browser that wants *slots* times one audio and one video."""
    lines = [
        line.replace("a=sendonly", "a=recvonly")
        for line in text.splitlines()
        if not line.startswith(("a=ssrc", "a=msid:", "a=group", "a=candidate"))
    ]
    starts = [place for place, line in enumerate(lines) if line.startswith("m=")]
    session, sections = lines[: starts[0]], [lines[starts[0] : starts[1]], lines[starts[1] :]]
    mids = [str(number) for number in range(2 * slots)]
    for mid in mids:
        session += [
            f"a=mid:{mid}" if line.startswith("a=mid:") else line
            for line in sections[int(mid) % 2]
        ]
    session.insert(4, f"a=group:BUNDLE {' '.join(mids)}")
    return "\n".join(session) + "\n"


AIORTC_RECEIVING = f"""v=0
o=- 4004403593 4004403593 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic:WMS *
m=audio 40645 UDP/TLS/RTP/SAVPF 96 9 0 8
c=IN IP4 192.0.2.7
a=recvonly
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=mid:0
a=msid:5be939fd-a5db-40b6-a010-b18c612c69a0 430a18df-2448-464e-9a9c-d5c42d9ffee7
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=ssrc:3989775550 cname:f1a7a8c2-c505-48fd-b420-90a6cbb9eed5
a=rtpmap:96 opus/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.7 40645 typ host
a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 udp 2130706431 2001:db8::7 54065 typ host
a=end-of-candidates
a=ice-ufrag:rlpH
a=ice-pwd:rR5hBAblBCaN5fEpvmRb8G
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
m=video 60080 UDP/TLS/RTP/SAVPF 97 98 99 100 101 102
c=IN IP4 192.0.2.7
a=recvonly
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=mid:1
a=msid:5be939fd-a5db-40b6-a010-b18c612c69a0 5e08084d-4ade-4c4f-aef0-ce6ad6b1e7a6
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=ssrc-group:FID 3303158815 2695135536
a=ssrc:3303158815 cname:f1a7a8c2-c505-48fd-b420-90a6cbb9eed5
a=ssrc:2695135536 cname:f1a7a8c2-c505-48fd-b420-90a6cbb9eed5
a=rtpmap:97 VP8/90000
a=rtcp-fb:97 nack
a=rtcp-fb:97 nack pli
a=rtcp-fb:97 goog-remb
a=rtpmap:98 rtx/90000
a=fmtp:98 apt=97
a=rtpmap:99 H264/90000
a=rtcp-fb:99 nack
a=rtcp-fb:99 nack pli
a=rtcp-fb:99 goog-remb
a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:100 rtx/90000
a=fmtp:100 apt=99
a=rtpmap:101 H264/90000
a=rtcp-fb:101 nack
a=rtcp-fb:101 nack pli
a=rtcp-fb:101 goog-remb
a=fmtp:101 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:102 rtx/90000
a=fmtp:102 apt=101
a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.7 60080 typ host
a=end-of-candidates
a=ice-ufrag:rlpH
a=ice-pwd:rR5hBAblBCaN5fEpvmRb8G
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
"""

RECEIVING = {
    "chromium": receiving(CHROMIUM),
    "chromium, eight of each": receiving(CHROMIUM, 8),
    "firefox": receiving(FIREFOX),
    "firefox, eight of each": receiving(FIREFOX, 8),
    "safari": receiving(SAFARI),
    "aiortc": AIORTC_RECEIVING,
}

CHROMIUM_ANSWER = """v=0
o=- 624364539105055708 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Ow69
a=ice-pwd:TNptqKp0guLlEe2We4L3ZX15
a=ice-options:trickle
a=fingerprint:sha-256 FF:C1:9E:20:3A:A5:6B:30:61:9B:6F:5B:FB:42:8E:94:C7:F6:D6:56:CE:60:EC:41:B3:3D:E0:6F:8C:3C:EA:8D
a=setup:active
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 98 99 45 46
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Ow69
a=ice-pwd:TNptqKp0guLlEe2We4L3ZX15
a=ice-options:trickle
a=fingerprint:sha-256 FF:C1:9E:20:3A:A5:6B:30:61:9B:6F:5B:FB:42:8E:94:C7:F6:D6:56:CE:60:EC:41:B3:3D:E0:6F:8C:3C:EA:8D
a=setup:active
a=mid:1
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
a=extmap:3 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=rtcp-fb:104 goog-remb
a=rtcp-fb:104 ccm fir
a=rtcp-fb:104 nack
a=rtcp-fb:104 nack pli
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:105 rtx/90000
a=fmtp:105 apt=104
a=rtpmap:98 VP9/90000
a=rtcp-fb:98 goog-remb
a=rtcp-fb:98 ccm fir
a=rtcp-fb:98 nack
a=rtcp-fb:98 nack pli
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:45 AV1/90000
a=rtcp-fb:45 goog-remb
a=rtcp-fb:45 ccm fir
a=rtcp-fb:45 nack
a=rtcp-fb:45 nack pli
a=fmtp:45 level-idx=5;profile=0;tier=0
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
"""
"""To an offer of ours with one audio and one video in all formats for browsers."""

AUDIO = """m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:a
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
"""

VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96 97
a=mid:v
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 goog-remb
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
"""


def offer(
    *sections: str,
    ufrag: str = "abcd",
    fingerprint: str = FINGERPRINT,
    setup: str = "actpass",
    bundle: str = "a v",
) -> str:
    """A small offer of *sections*."""
    return (
        "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n"
        f"a=group:BUNDLE {bundle}\na=ice-ufrag:{ufrag}\na=ice-pwd:{'p' * 22}\n"
        f"a=fingerprint:sha-256 {fingerprint}\na=setup:{setup}\n"
    ) + "".join(sections)
