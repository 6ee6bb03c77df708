import { describe, expect, it } from "vitest";
import { stageOptions } from "../../src/stage/options";

describe("an address", () => {
  it("says what to do on the stage", () => {
    const search = "?source=pattern&codec=av1&slots=3&watch=0&audio=0&layers=1&mode=L1T2&clock=1";

    expect(stageOptions(search, "#token=abc")).toMatchObject({
      publishing: { source: "pattern", codec: "av1", token: "abc" },
      slots: 3,
      watch: false,
      audio: false,
      layers: 1,
      mode: "L1T2",
      clock: true,
    });
  });

  it("gets the usual for what is missing or makes no sense", () => {
    expect(stageOptions("?slots=99&mode=L9T9&layers=7", "")).toMatchObject({
      slots: 8,
      watch: true,
      audio: true,
      layers: 3,
      mode: "",
      clock: false,
    });
  });
});
