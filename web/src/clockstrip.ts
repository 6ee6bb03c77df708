/**
 * The clock strip: a capture time written into the picture itself (docs/clock-strip.md).
 *
 * Comes in: a stamp and a way to fill rectangles, or the pixels of a strip. Goes out: the drawn
 * strip, or the stamp that is found. A strip whose checksum fails is unreadable; nothing here
 * guesses.
 */

export const COLUMNS = 20;
export const ROWS = 2;
/** Rows of cells that would fill the picture's height. */
export const BANDS = 12;
export const DAY_MS = 86_400_000;

/** A white cell's black rim is one part in so many of its size. */
const RIM = 8;
/** Mean luma from which a cell is read as white. */
const THRESHOLD = 128;
const COUNTERS = 32;
const STAMP_BITS = 27;
const COUNTER_BITS = 5;
const BITS = COLUMNS * ROWS;

/** What a strip says. */
export interface Stamp {
  /** Since 00:00 UTC. */
  readonly milliseconds: number;
  /** Of frames, modulo 32. */
  readonly counter: number;
}

/** Pixels as a canvas gives them: four bytes each, rows from top to bottom. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Fills a rectangle: x, y, width, height. */
export type Fill = (white: boolean, x: number, y: number, width: number, height: number) => void;

/** The stamp of picture number *frame*, captured at *wallMs* since the Unix epoch. */
export function stampAt(wallMs: number, frame: number): Stamp {
  return { milliseconds: Math.floor(wallMs) % DAY_MS, counter: frame % COUNTERS };
}

/** From the stamp to *wallMs*, at most half a day either way. */
export function delayMs(stamp: Stamp, wallMs: number): number {
  const half = DAY_MS / 2;
  return positive(wallMs - stamp.milliseconds + half, DAY_MS) - half;
}

/** The strip's cells as text of 0 and 1, most significant bit first. */
export function encode(stamp: Stamp): string {
  const payload =
    stamp.milliseconds.toString(2).padStart(STAMP_BITS, "0") +
    stamp.counter.toString(2).padStart(COUNTER_BITS, "0");
  return payload + crc8(payload).toString(2).padStart(8, "0");
}

/** What the cells *bits* say; null when the checksum fails. */
export function decode(bits: string): Stamp | null {
  const payload = bits.slice(0, STAMP_BITS + COUNTER_BITS);
  const milliseconds = Number.parseInt(payload.slice(0, STAMP_BITS), 2);
  if (crc8(payload) !== Number.parseInt(bits.slice(payload.length), 2) || milliseconds >= DAY_MS) {
    return null;
  }
  return { milliseconds, counter: Number.parseInt(payload.slice(STAMP_BITS), 2) };
}

/** Draws the strip over the top sixth of a picture of *width* by *height*. */
export function write(fill: Fill, width: number, height: number, stamp: Stamp): void {
  fill(false, 0, 0, width, edge(ROWS, height, BANDS));
  [...encode(stamp)].forEach((bit, index) => {
    if (bit === "1") {
      const { left, top, right, bottom } = cell(index, width, height, BANDS);
      const across = Math.ceil((right - left) / RIM);
      const down = Math.ceil((bottom - top) / RIM);
      fill(true, left + across, top + down, right - left - 2 * across, bottom - top - 2 * down);
    }
  });
}

/** What a strip says that fills *pixels* from edge to edge; null when it cannot be read. */
export function read(pixels: Pixels): Stamp | null {
  let bits = "";
  for (let index = 0; index < BITS; index++) {
    bits += meanLuma(pixels, cell(index, pixels.width, pixels.height, ROWS)) >= THRESHOLD ? 1 : 0;
  }
  return decode(bits);
}

interface Cell {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function cell(index: number, width: number, height: number, bands: number): Cell {
  const column = index % COLUMNS;
  const row = Math.floor(index / COLUMNS);
  return {
    left: edge(column, width, COLUMNS),
    top: edge(row, height, bands),
    right: edge(column + 1, width, COLUMNS),
    bottom: edge(row + 1, height, bands),
  };
}

function edge(index: number, size: number, parts: number): number {
  return Math.round((index * size) / parts);
}

/** Of the middle half of *area*. */
function meanLuma({ data, width }: Pixels, { left, top, right, bottom }: Cell): number {
  const across = Math.ceil((right - left) / 4);
  const down = Math.ceil((bottom - top) / 4);
  let sum = 0;
  let count = 0;
  for (let y = top + down; y < bottom - down; y++) {
    for (let x = left + across; x < right - across; x++) {
      sum += luma(data, 4 * (y * width + x));
      count++;
    }
  }
  return sum / count;
}

/** ITU-R BT.709, of full-range RGB. */
export function luma(data: Uint8ClampedArray, at: number): number {
  return 0.2126 * (data[at] ?? 0) + 0.7152 * (data[at + 1] ?? 0) + 0.0722 * (data[at + 2] ?? 0);
}

/** Polynomial 0x07, initial value 0xFF, no reflection, no final XOR. */
function crc8(bits: string): number {
  let crc = 0xff;
  for (const bit of bits) {
    const carry = (crc >> 7) ^ (bit === "1" ? 1 : 0);
    crc = ((crc << 1) ^ (carry ? 0x07 : 0)) & 0xff;
  }
  return crc;
}

function positive(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
