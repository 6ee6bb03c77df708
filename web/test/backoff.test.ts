import { describe, expect, it } from "vitest";
import { waitMs } from "../src/backoff";

const PLAN = { first: 500, factor: 2, longest: 10_000 };

describe("the wait before another try", () => {
  it("grows with each try and is bounded", () => {
    expect([0, 1, 2, 4, 5, 50].map((attempt) => waitMs(PLAN, attempt, 0))).toEqual([
      500, 1000, 2000, 8000, 10_000, 10_000,
    ]);
  });

  it("is up to three tenths shorter by chance, never longer", () => {
    expect(waitMs(PLAN, 1, 1)).toBe(700);
    expect(waitMs(PLAN, 1, 0.5)).toBe(850);
  });
});
