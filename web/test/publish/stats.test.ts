import { describe, expect, it } from "vitest";
import { figures, limitText, NOTHING, sentBytes } from "../../src/publish/stats";

const REPORT = [
  { type: "codec", id: "C1", mimeType: "video/VP9" },
  { type: "outbound-rtp", kind: "audio", bytesSent: 10_000 },
  {
    type: "outbound-rtp",
    kind: "video",
    codecId: "C1",
    bytesSent: 240_000,
    framesSent: 300,
    framesPerSecond: 30,
    frameWidth: 640,
    frameHeight: 360,
    nackCount: 3,
    pliCount: 1,
    qualityLimitationReason: "bandwidth",
  },
  { type: "remote-inbound-rtp", kind: "video", roundTripTime: 0.0123, fractionLost: 0.02 },
  { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.5 },
];

describe("what is sent", () => {
  it("is named, counted and rated since the report before", () => {
    const now = { bytes: sentBytes(REPORT), atMs: 3000 };

    expect(figures(REPORT, now, { bytes: 0, atMs: 1000 })).toEqual({
      codec: "video/VP9",
      frames_sent: 300,
      bitrate: 1_000_000,
      rtt_ms: 12.3,
      width: 640,
      height: 360,
      fps: 30,
      loss: 0.02,
      nacks: 3,
      plis: 1,
      limited_by: "bandwidth",
    });
  });

  it("has no rate at first, and is nothing without a connection", () => {
    expect(figures(REPORT, { bytes: 1, atMs: 1 }, null).bitrate).toBe(0);
    expect(figures([], { bytes: 0, atMs: 1 }, null)).toEqual(NOTHING);
  });

  it("is limited by something that people know", () => {
    expect(limitText("cpu")).toBe("by this computer");
    expect(limitText("other")).toBe("by something else");
  });
});
