"""The WebRTC endpoint that ingest and cascade stand on: UDP mux, STUN, DTLS, SDP, RTP, RTCP."""
