/**
 * Reads the clock strip from the video as it is shown.
 *
 * Comes in: each presented frame. Goes out: delays from glass to glass. Unless it was asked for, it
 * looks for a strip for a few seconds only, and then reads now and then: viewers of pictures
 * without a strip pay nothing.
 */

import { delayMs, type Pixels, read } from "../clockstrip";
import { Readings } from "./delays";

/** Sixteen pixels a cell: the smallest that the codecs' blur leaves readable. */
const WIDTH = 320;
const HEIGHT = 32;
/** The strip's share of the picture's height. */
const SHARE = 1 / 6;
/** How long a strip is looked for that nobody asked for. */
const PROBE_MS = 4000;
/** As many readings show that there is a strip, not chance: one in 256 is. */
const PROOF = 3;
/** Between two readings that nobody asked for. */
const CALM_MS = 200;
/** A reading older than this says nothing about now. */
const FRESH_MS = 2000;
/** Two minutes at 30 frames a second. */
const KEPT = 3600;

export interface Frame {
  /** When it is on the screen, on the page's clock. */
  readonly shownMs: number;
}

export class PictureClock {
  readonly readings = new Readings(KEPT);
  unreadable = 0;
  last: number | null = null;

  private readonly canvas: CanvasRenderingContext2D | null;
  private proven = 0;
  private firstMs: number | null = null;
  private lookedMs = Number.NEGATIVE_INFINITY;
  private readMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly asked: boolean,
  ) {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    this.canvas = canvas.getContext("2d", { willReadFrequently: true });
  }

  /** The delay now, if a strip was read just now. */
  fresh(nowMs: number): number | null {
    return nowMs - this.readMs < FRESH_MS ? this.last : null;
  }

  /** Reads *frame*; false when nobody needs the next one. */
  see({ shownMs }: Frame): boolean {
    this.firstMs ??= shownMs;
    if (!this.asked && this.proven >= PROOF && shownMs - this.lookedMs < CALM_MS) {
      return true;
    }
    this.lookedMs = shownMs;
    this.take(shownMs);
    return this.asked || this.proven >= PROOF || shownMs - this.firstMs < PROBE_MS;
  }

  private take(shownMs: number): void {
    const pixels = this.pixels();
    const stamp = pixels && read(pixels);
    if (!stamp) {
      this.unreadable += this.asked || this.proven >= PROOF ? 1 : 0;
      return;
    }
    this.proven++;
    // Date.now() follows the machine's clock when that is set; performance.timeOrigin does not.
    const wallMs = Date.now() + (shownMs - performance.now());
    this.last = Math.round(delayMs(stamp, wallMs) * 10) / 10;
    this.readMs = shownMs;
    this.readings.add(this.last);
  }

  private pixels(): Pixels | null {
    const { videoWidth, videoHeight } = this.video;
    if (!this.canvas || !videoWidth) {
      return null;
    }
    const strip = Math.round(videoHeight * SHARE);
    this.canvas.drawImage(this.video, 0, 0, videoWidth, strip, 0, 0, WIDTH, HEIGHT);
    return this.canvas.getImageData(0, 0, WIDTH, HEIGHT);
  }
}
