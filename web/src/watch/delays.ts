/**
 * Delays over the last minutes.
 *
 * Comes in: a reading and when it was taken. Goes out: a line to draw, and what is typical. It
 * keeps one value a slot, whatever the number of readings, and forgets what is older than its span.
 */

/** One point of the line a second. */
export const SLOT_MS = 1000;
/** Three minutes of them. */
export const SLOTS = 180;

export interface Point {
  /** Slots before the newest: 0 is now. */
  readonly age: number;
  readonly ms: number;
}

interface Slot {
  readonly number: number;
  sum: number;
  count: number;
}

export class Delays {
  private slots: Slot[] = [];

  add(nowMs: number, delayMs: number): void {
    const number = Math.floor(nowMs / SLOT_MS);
    const last = this.slots.at(-1);
    if (last && last.number === number) {
      last.sum += delayMs;
      last.count++;
      return;
    }
    this.slots.push({ number, sum: delayMs, count: 1 });
    this.slots = this.slots.filter((slot) => slot.number > number - SLOTS);
  }

  /** Each slot's mean, oldest first. */
  line(nowMs: number): Point[] {
    const newest = Math.floor(nowMs / SLOT_MS);
    return this.slots
      .map(({ number, sum, count }) => ({ age: newest - number, ms: sum / count }))
      .filter(({ age }) => age < SLOTS);
  }

  clear(): void {
    this.slots = [];
  }
}

/** The value that *percent* of *values* do not exceed; null when there is none. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? null;
}

/** Readings since somebody last asked; the oldest go when nobody does. */
export class Readings {
  private values: number[] = [];

  constructor(private readonly limit: number) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.limit) {
      this.values.shift();
    }
  }

  take(): number[] {
    const taken = this.values;
    this.values = [];
    return taken;
  }
}
