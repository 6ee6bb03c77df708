import { describe, expect, it } from "vitest";
import { received } from "../../src/stage/figures";
import { texts } from "../../src/stage/texts";

const ENTRY = { type: "inbound-rtp", mid: "0", id: "V", codecId: "C" };
const MORE = { frameWidth: 640, frameHeight: 360, framesPerSecond: 29.6, freezeCount: 2 };

describe("the figures of a tile", () => {
  it("are of the picture and of the sound", () => {
    const entries = [
      { ...ENTRY, ...MORE },
      { type: "codec", id: "C", mimeType: "video/VP8" },
    ];
    const picture = received({ entries, atMs: 1 }, null).get("0") ?? null;

    expect(texts({ picture, sound: picture, delayMs: 61.6, layer: "m" })).toEqual({
      size: "640×360 · 30 fps · 0 kbit/s",
      codec: "VP8 · m",
      delay: "62 ms",
      lost: "0 / 0",
      freezes: "2 · 0.0 s",
      buffer: "– / –",
    });
  });

  it("are dashes when there are none", () => {
    expect(texts({ picture: null, sound: null, delayMs: null, layer: "" })).toEqual({
      size: "",
      codec: "–",
      delay: "–",
      lost: "– / –",
      freezes: "–",
      buffer: "– / –",
    });
  });
});
