/**
 * Tells the server which layer each slot should have: by the size that it is shown at, and by what
 * the viewer chose.
 *
 * Comes in: sizes and choices. Goes out: wishes, once they stand still, and only when they differ
 * from what the server was told. What is refused is not said again until it changes.
 */

import type { LayerWish } from "../whep";

/** A window that is being dragged changes its size sixty times a second. */
const CALM_MS = 250;
/** Sizes are told in steps of so many pixels. */
const STEP = 16;

export interface Shown {
  /** Of the picture, in the screen's own pixels. */
  readonly width: number;
  readonly height: number;
}

/** The server's own choice. */
export const AUTO = "";
/** No picture at all. */
export const PAUSED = "paused";

/** What is wished for slot *mid*, shown as *shown*, with the layer that the viewer chose. */
export function wishFor(mid: string, shown: Shown | null, chosen: string): LayerWish {
  const size = shown && { maxWidth: stepped(shown.width), maxHeight: stepped(shown.height) };
  if (chosen === PAUSED) {
    return { mediaId: mid, paused: true };
  }
  return chosen === AUTO ? { mediaId: mid, ...size } : { mediaId: mid, encodingId: chosen };
}

export class Wishes {
  private readonly shown = new Map<string, Shown>();
  private readonly chosen = new Map<string, string>();
  private readonly told = new Map<string, string>();
  private timer = 0;

  constructor(private readonly tell: (wish: LayerWish) => void) {}

  /** Slot *mid* is shown as *shown*. */
  show(mid: string, shown: Shown): void {
    this.shown.set(mid, shown);
    this.later();
  }

  /** The viewer chose layer *rid* for slot *mid*, or none. */
  choose(mid: string, rid: string): void {
    this.chosen.set(mid, rid);
    this.flush();
  }

  choice(mid: string): string {
    return this.chosen.get(mid) ?? AUTO;
  }

  /** Slot *mid* has other content now, or none: what the viewer chose was about the former. */
  forget(mid: string): void {
    this.shown.delete(mid);
    this.chosen.delete(mid);
  }

  /** The session is a new one, which was told nothing. */
  reset(): void {
    this.told.clear();
    this.later();
  }

  /** Tells at once what is to be told. */
  flush(): void {
    globalThis.clearTimeout(this.timer);
    for (const mid of new Set([...this.shown.keys(), ...this.chosen.keys()])) {
      const wish = wishFor(mid, this.shown.get(mid) ?? null, this.choice(mid));
      const said = JSON.stringify(wish);
      if (this.told.get(mid) !== said) {
        this.told.set(mid, said);
        this.tell(wish);
      }
    }
  }

  private later(): void {
    globalThis.clearTimeout(this.timer);
    this.timer = Number(globalThis.setTimeout(() => this.flush(), CALM_MS));
  }
}

function stepped(pixels: number): number {
  return Math.max(STEP, Math.ceil(pixels / STEP) * STEP);
}
