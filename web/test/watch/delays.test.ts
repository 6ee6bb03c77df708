import { describe, expect, it } from "vitest";
import { Delays, Readings, SLOTS } from "../../src/watch/delays";

describe("delays over the last minutes", () => {
  it("are one mean a second, oldest first", () => {
    const delays = new Delays();
    delays.add(10_100, 1000);
    delays.add(10_900, 2000);
    delays.add(12_000, 1800);

    expect(delays.line(12_500)).toEqual([
      { age: 2, ms: 1500 },
      { age: 0, ms: 1800 },
    ]);
  });

  it("forget what is older than three minutes", () => {
    const delays = new Delays();
    for (let second = 0; second < 1000; second++) {
      delays.add(second * 1000, 1500);
    }

    expect(delays.line(999_000)).toHaveLength(SLOTS);
    expect(delays.line(999_000 + SLOTS * 1000)).toEqual([]);
  });
});

describe("readings", () => {
  it("are taken once", () => {
    const readings = new Readings(10);
    readings.add(1);
    readings.add(2);

    expect(readings.take()).toEqual([1, 2]);
    expect(readings.take()).toEqual([]);
  });

  it("are bounded: the oldest go", () => {
    const readings = new Readings(2);
    [1, 2, 3].forEach((value) => {
      readings.add(value);
    });

    expect(readings.take()).toEqual([2, 3]);
  });
});
