import { describe, expect, it } from "vitest";
import { parseSpeaker, parseTracks, participants } from "../../src/stage/roster";

const ANNA = { session: "s_1", identity: "anna", name: "Anna" };
const TRACKS = [
  { mid: "0", kind: "video", ...ANNA, codec: "VP8", layers: ["l", "m", "h"], layer: "h" },
  { mid: "8", kind: "audio", ...ANNA },
  { mid: "1", kind: "video", ...ANNA },
  { mid: 9, kind: "audio", session: "s_2", identity: "ben" },
];

describe("a stage", () => {
  it("has those whom its slots carry, each once, with picture and sound", () => {
    const found = participants(parseTracks(JSON.stringify({ tracks: TRACKS })) ?? []);

    expect(found.map(({ name, video, audio }) => [name, video?.mid, audio?.mid])).toEqual([
      ["Anna", "0", "8"],
      ["ben", undefined, "9"],
    ]);
    expect(found[0]?.video).toMatchObject({ codec: "VP8", layers: ["l", "m", "h"], layer: "h" });
  });

  it("does not change for what cannot be read", () => {
    expect(parseTracks("<html>")).toBeNull();
    expect(parseTracks('{"tracks":7}')).toBeNull();
    expect(parseTracks('[{"mid":"0","kind":"data","session":"s_1"}, null]')).toEqual([]);
  });

  it("has one speaker at most", () => {
    expect(parseSpeaker('{"session":"s_1"}')).toBe("s_1");
    expect(parseSpeaker('{"session":null}')).toBeNull();
    expect(parseSpeaker("")).toBeNull();
  });
});
