import { describe, expect, it } from "vitest";
import { offered } from "../../src/publish/codecs";

const ALL = ["video/VP8", "video/rtx", "video/H264", "video/H264", "video/ulpfec"].map(
  (mimeType, id) => ({ mimeType, id }),
);

describe("the offer", () => {
  it("has the chosen codec in all its profiles, and what repairs losses", () => {
    expect(offered(ALL, "h264")?.map(({ id }) => id)).toEqual([2, 3, 1, 4]);
  });

  it("is empty when the browser lacks the chosen codec", () => {
    expect(offered(ALL, "av1")).toEqual([]);
  });

  it("is the browser's own when nothing was chosen", () => {
    expect(offered(ALL, "auto")).toBeNull();
  });
});
