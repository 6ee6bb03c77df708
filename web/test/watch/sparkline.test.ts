import { describe, expect, it } from "vitest";
import { SLOTS } from "../../src/watch/delays";
import { place, rangeOf } from "../../src/watch/sparkline";

describe("the delay's line", () => {
  it("does not make a mountain of noise", () => {
    const range = rangeOf([
      { age: 1, ms: 1500 },
      { age: 0, ms: 1520 },
    ]);

    expect(range).toEqual({ low: 1300, high: 1800 });
    expect(rangeOf([])).toBeNull();
  });

  it("goes from three minutes ago at the left to now at the right, high delays above", () => {
    const range = { low: 1000, high: 2000 };

    expect(place({ age: 0, ms: 1000 }, range, 100, 50)).toEqual([100, 50]);
    expect(place({ age: SLOTS - 1, ms: 2000 }, range, 100, 50)).toEqual([0, 0]);
  });
});
