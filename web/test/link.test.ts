import { describe, expect, it } from "vitest";
import { linked, parseLinks } from "../src/link";

const FIELD =
  '</v1/whep/r_a/s_1/events>; rel="first urn:x"; events="tracks,speaker", <https://b.example>; REL=alternate';

describe("a Link field", () => {
  it("has targets with parameters, also where commas are quoted", () => {
    expect(parseLinks(FIELD).map(({ url }) => url)).toEqual([
      "/v1/whep/r_a/s_1/events",
      "https://b.example",
    ]);
    expect(parseLinks(FIELD)[0]?.parameters.get("events")).toBe("tracks,speaker");
  });

  it("leads somewhere for each of its relations", () => {
    const base = "https://a.example/v1/whep/r_a/s_1";

    expect(linked(FIELD, "urn:x", base)).toBe("https://a.example/v1/whep/r_a/s_1/events");
    expect(linked(FIELD, "alternate", base)).toBe("https://b.example/");
    expect(linked(FIELD, "next", base)).toBeNull();
    expect(linked("", "next", base)).toBeNull();
  });
});
