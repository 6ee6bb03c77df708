import { describe, expect, it } from "vitest";
import { parseRoom, playlistPath, roomOf } from "../src/room";

describe("a room", () => {
  it("is named by the second part of a page's path", () => {
    expect(roomOf("/watch/r_demo")).toBe("r_demo");
    expect(roomOf("/publish/r_demo/")).toBe("r_demo");
  });

  it.each(["/", "/watch/", "/watch/demo", "/watch/r_", "/watch/r_%ZZ", "/watch/r_a%2Fb"])(
    "is not named by %s",
    (path) => {
      expect(roomOf(path)).toBeNull();
    },
  );

  it("is found in an address that somebody pasted", () => {
    expect(parseRoom(" https://live.example/watch/r_demo?clock=1 ")).toBe("r_demo");
    expect(parseRoom("r_demo")).toBe("r_demo");
    expect(parseRoom("<script>")).toBeNull();
  });

  it("has its playlist below /live", () => {
    expect(playlistPath("r_demo")).toBe("/live/r_demo/index.m3u8");
  });
});
