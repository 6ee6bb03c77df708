import { describe, expect, it } from "vitest";
import { type Look, Looks, NO_WAY, received, sentLayers, way } from "../../src/stage/figures";

const CONNECTION = [
  { type: "transport", id: "T", selectedCandidatePairId: "P" },
  { type: "candidate-pair", id: "O", nominated: true, currentRoundTripTime: 9 },
  {
    type: "candidate-pair",
    id: "P",
    localCandidateId: "L",
    remoteCandidateId: "R",
    currentRoundTripTime: 0.0123,
  },
  { type: "local-candidate", id: "L", protocol: "tcp", candidateType: "host" },
  { type: "remote-candidate", id: "R", protocol: "tcp", candidateType: "host" },
];

function picture(more: object): Look["entries"][number] {
  return {
    type: "inbound-rtp",
    kind: "video",
    id: "V",
    mid: "0",
    codecId: "C",
    frameWidth: 640,
    frameHeight: 360,
    framesPerSecond: 30,
    packetsLost: 1,
    totalFreezesDuration: 0.25,
    freezeCount: 1,
    ...more,
  };
}

const BEFORE: Look = {
  entries: [
    ...CONNECTION,
    picture({ bytesReceived: 100_000, jitterBufferDelay: 3, jitterBufferEmittedCount: 100 }),
  ],
  atMs: 1000,
};
const NOW: Look = {
  entries: [
    ...CONNECTION,
    { type: "codec", id: "C", mimeType: "video/VP8" },
    picture({ bytesReceived: 225_000, jitterBufferDelay: 4, jitterBufferEmittedCount: 150 }),
  ],
  atMs: 2000,
};

describe("a slot", () => {
  it("has its rates and waits since the report before", () => {
    expect(received(NOW, BEFORE).get("0")).toMatchObject({
      codec: "video/VP8",
      width: 640,
      fps: 30,
      bitrate: 1_000_000,
      packets_lost: 1,
      freezes: 1,
      freeze_ms: 250,
      jitter_buffer_ms: 20,
      audio_level: null,
    });
  });

  it("has no rate at first", () => {
    expect(received(NOW, null).get("0")).toMatchObject({ bitrate: 0, jitter_buffer_ms: 26.7 });
  });
});

describe("a connection", () => {
  it("is told by the pair that is in use", () => {
    expect(way(NOW, BEFORE)).toEqual({ rtt_ms: 12.3, bitrate: 1_000_000, transport: "tcp" });
  });

  it("may be none yet", () => {
    expect(way({ entries: [], atMs: 1 }, null)).toEqual(NO_WAY);
  });
});

describe("looks", () => {
  it("give rates of a while, and of nothing when there is no connection", () => {
    const looks = new Looks();
    looks.take(BEFORE.entries, BEFORE.atMs);
    looks.take(NOW.entries, NOW.atMs);
    looks.take(NOW.entries, NOW.atMs + 10);
    expect(looks.way().bitrate).toBe(990_099);

    looks.take([], 3000);
    expect([looks.way(), looks.received().size, looks.sentLayers()]).toEqual([NO_WAY, 0, []]);
  });
});

describe("what is sent", () => {
  it("is told layer by layer, from the lowest", () => {
    const layer = (rid: string, frameHeight: number) => ({
      type: "outbound-rtp",
      kind: "video",
      id: rid,
      rid,
      frameHeight,
    });
    const look = { entries: [layer("h", 720), layer("l", 180), layer("m", 360)], atMs: 1 };

    expect(sentLayers(look, null).map(({ rid }) => rid)).toEqual(["l", "m", "h"]);
  });
});
