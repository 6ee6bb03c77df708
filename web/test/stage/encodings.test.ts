import { describe, expect, it } from "vitest";
import { encodings, type Wanted } from "../../src/stage/encodings";

const WANTED: Wanted = {
  codec: "vp8",
  bitrate: 2_500_000,
  fps: 30,
  height: 720,
  layers: 3,
  mode: "",
};

describe("a picture", () => {
  it("is encoded three times in VP8 and H.264, each half as wide as the next", () => {
    for (const codec of ["auto", "vp8", "h264"] as const) {
      expect(encodings({ ...WANTED, codec })).toEqual([
        { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 200_000, maxFramerate: 30 },
        { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 700_000, maxFramerate: 30 },
        { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 30 },
      ]);
    }
  });

  it("has fewer layers when it is small, and the best one always", () => {
    const rids = (height: number) => encodings({ ...WANTED, height }).map(({ rid }) => rid);

    expect(rids(540)).toEqual(["l", "m", "h"]);
    expect(rids(539)).toEqual(["m", "h"]);
    expect(encodings({ ...WANTED, height: 180 })).toEqual([
      { maxBitrate: 2_500_000, maxFramerate: 30 },
    ]);
  });

  it("has its layers inside in VP9 and AV1", () => {
    expect(encodings({ ...WANTED, codec: "vp9" })).toEqual([
      { maxBitrate: 2_500_000, maxFramerate: 30, scalabilityMode: "L3T3_KEY" },
    ]);
    expect(encodings({ ...WANTED, codec: "av1" })).toMatchObject([{ scalabilityMode: "L1T3" }]);
    expect(encodings({ ...WANTED, codec: "av1", mode: "L2T1" })).toMatchObject([
      { scalabilityMode: "L2T1" },
    ]);
  });

  it("has one layer when one is wanted", () => {
    expect(encodings({ ...WANTED, layers: 1 })).toEqual([
      { maxBitrate: 2_500_000, maxFramerate: 30 },
    ]);
  });
});
