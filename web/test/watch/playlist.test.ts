import { describe, expect, it } from "vitest";
import { firstMediaPlaylist, hasEnded } from "../../src/watch/playlist";

describe("a playlist", () => {
  it("names its first media playlist, relative to itself", () => {
    const text = "#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\nv360.m3u8\r\nv240.m3u8\r\n";

    expect(firstMediaPlaylist(text, "https://live.example/live/r_a/index.m3u8")).toBe(
      "https://live.example/live/r_a/v360.m3u8",
    );
    expect(firstMediaPlaylist("#EXTM3U\n", "https://live.example/")).toBeNull();
  });

  it("has ended when it says so in a line of its own", () => {
    expect(hasEnded("#EXTM3U\n#EXT-X-ENDLIST\n")).toBe(true);
    expect(hasEnded("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")).toBe(false);
  });
});
