import { describe, expect, it } from "vitest";
import { fromAddress } from "../../src/publish/options";

describe("an address", () => {
  it("says what to publish", () => {
    const search = "?pattern=1&codec=VP9&width=640&height=361&fps=25&bitrate=800000&autostart=1";

    expect(fromAddress(search, "#token=abc")).toEqual({
      source: "pattern",
      codec: "vp9",
      width: 640,
      height: 360,
      fps: 25,
      bitrate: 800_000,
      token: "abc",
      autostart: true,
    });
  });

  it("gets the usual for what is missing or makes no sense", () => {
    expect(fromAddress("?codec=mpeg1&width=-4&height=1e9&fps=x", "")).toEqual({
      source: "camera",
      codec: "auto",
      width: 1280,
      height: 720,
      fps: 30,
      bitrate: 2_500_000,
      token: "",
      autostart: false,
    });
  });
});
