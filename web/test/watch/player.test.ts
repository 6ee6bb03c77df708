import { describe, expect, it } from "vitest";
import { refusal } from "../../src/watch/player";

describe("a refused playlist", () => {
  it.each([404, 503])("means with %i that nothing is broadcast now", (status) => {
    expect(refusal(status, "")).toEqual({ type: "missing" });
  });

  it.each([401, 403, 409])("means with %i that the door is closed, and why", (status) => {
    expect(refusal(status, '{"code":"room_full","detail":"it takes 2"}')).toEqual({
      type: "refused",
      code: "room_full",
      detail: "it takes 2",
    });
  });

  it.each([0, 500, 502])("means with %i that the way is broken", (status) => {
    expect(refusal(status, "")).toEqual({ type: "network" });
  });
});
