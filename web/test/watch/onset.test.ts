import { describe, expect, it } from "vitest";
import { loudest, Onset } from "../../src/watch/onset";

const RATE = 48_000;

/** *seconds* of silence with 100 ms of 1 kHz at *from*. */
function beep(seconds: number, from: number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, index) => {
    const time = index / RATE;
    return time >= from && time < from + 0.1 ? 0.25 * Math.sin(2000 * Math.PI * time) : 0;
  });
}

describe("a beep", () => {
  it("begins once, though blocks overlap", () => {
    const samples = beep(1, 0.5);
    const onset = new Onset(0.05, RATE);
    const found: number[] = [];
    for (let start = 0; start + 2048 <= samples.length; start += 960) {
      found.push(...onset.find(samples.subarray(start, start + 2048), start / RATE));
    }

    expect(found).toHaveLength(1);
    expect(Math.abs((found[0] ?? 0) - 0.5)).toBeLessThan(0.003);
  });

  it("is as loud as its loudest 10 ms", () => {
    expect(loudest(beep(0.3, 0.1), RATE)).toBeCloseTo(0.25 / Math.SQRT2, 2);
    expect(loudest(new Float32Array(4800), RATE)).toBe(0);
  });
});
