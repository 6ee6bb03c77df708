import { describe, expect, it } from "vitest";
import vectors from "../../docs/clock-strip-vectors.json";
import {
  DAY_MS,
  decode,
  delayMs,
  encode,
  type Pixels,
  read,
  stampAt,
  write,
} from "../src/clockstrip";

/** A picture of *width* by *height* in grey, as a canvas would give it. */
function picture(width: number, height: number): Pixels {
  return { data: new Uint8ClampedArray(4 * width * height).fill(90), width, height };
}

function fillOf({ data, width }: Pixels) {
  return (white: boolean, x: number, y: number, w: number, h: number) => {
    for (let row = y; row < y + h; row++) {
      data.fill(white ? 255 : 0, 4 * (row * width + x), 4 * (row * width + x + w));
    }
  };
}

/** The strip alone: the top sixth. */
function strip({ data, width, height }: Pixels): Pixels {
  const rows = Math.round(height / 6);
  return { data: data.slice(0, 4 * width * rows), width, height: rows };
}

describe("the clock strip", () => {
  it.each(vectors.readable)("has the cells of the shared vectors: $bits", (vector) => {
    expect(encode(vector)).toBe(vector.bits);
    expect(decode(vector.bits)).toEqual({
      milliseconds: vector.milliseconds,
      counter: vector.counter,
    });
  });

  it.each(vectors.unreadable)("is not guessed at when $why", ({ bits }) => {
    expect(decode(bits)).toBeNull();
  });

  it.each(vectors.delays)(
    "knows delays across midnight: $delay",
    ({ milliseconds, now, delay }) => {
      expect(delayMs({ milliseconds, counter: 0 }, now)).toBe(delay);
    },
  );

  it.each([
    [426, 240],
    [640, 360],
    [854, 480],
    [1280, 720],
    [322, 180],
  ])("is read from a picture of %i by %i", (width, height) => {
    const drawn = picture(width, height);
    const stamp = { milliseconds: DAY_MS - 1, counter: 31 };
    write(fillOf(drawn), width, height, stamp);

    expect(read(strip(drawn))).toEqual(stamp);
  });

  it("leaves the picture below it alone", () => {
    const drawn = picture(426, 240);
    write(fillOf(drawn), 426, 240, stampAt(0, 0));

    expect(drawn.data.slice(4 * 426 * 40).every((value) => value === 90)).toBe(true);
  });

  it("counts milliseconds of the day and frames modulo 32", () => {
    expect(stampAt(3 * DAY_MS + 1234.9, 67)).toEqual({ milliseconds: 1234, counter: 3 });
  });
});
