import { describe, expect, it } from "vitest";
import type { Measured } from "../../src/watch/player";
import { codecNames, delayNow, renditionName, stallText } from "../../src/watch/stats";

const MEASURED: Measured = {
  latency: 1.5,
  holdBack: 1.5,
  capturedMs: 98_000,
  playing: null,
  codec: null,
};

describe("the figures", () => {
  it("take the delay from the picture's clock before the playlist's dates", () => {
    expect(delayNow(1710, MEASURED, 100_000)).toEqual({ ms: 1710, source: "strip" });
    expect(delayNow(null, MEASURED, 100_000)).toEqual({ ms: 2000, source: "date" });
  });

  it("show no delay by dates when the clocks plainly differ", () => {
    expect(delayNow(null, MEASURED, 90_000).ms).toBeNull();
    expect(delayNow(null, MEASURED, 9_000_000).ms).toBeNull();
    expect(delayNow(null, { ...MEASURED, capturedMs: null }, 100_000).ms).toBeNull();
  });

  it("name rendition, codecs and stalls as people do", () => {
    expect(renditionName({ id: 0, height: 720, bitrate: 2_140_000 })).toBe("720p · 2.1 Mbit/s");
    expect(renditionName({ id: 0, height: 0, bitrate: 128_000 })).toBe("Sound only · 128 kbit/s");
    expect(renditionName(null)).toBeNull();
    expect(codecNames("avc1.64001e, mp4a.40.2")).toBe("H.264 + AAC");
    expect(codecNames("xyz1")).toBe("xyz1");
    expect(stallText(0, 0)).toBe("none");
    expect(stallText(2, 640)).toBe("2 (640 ms)");
  });
});
