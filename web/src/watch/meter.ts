/**
 * Measures sound and flashes for tests: only with `?meter=1`, for it takes the sound through Web
 * Audio.
 *
 * Comes in: what is played and shown. Goes out: how loud it is, and at which media times beeps and
 * flashes begin (docs/clock-strip.md).
 */

import { luma } from "../clockstrip";
import { Readings } from "./delays";
import { loudest, Onset } from "./onset";

/** Twice as often as the analyser's 43 ms of samples would need. */
const POLL_MS = 20;
const SAMPLES = 2048;
/** The loudest within this time is the level: a beep of 100 ms is not missed by who asks seldom. */
const HOLD_POLLS = 50;
/** Mean luma of the square in the middle when it flashes. */
const LIT = 128;
/** Of full scale; the tone is at 0.2 or more. */
const LOUD = 0.05;
/** Ten minutes of one a second. */
const KEPT = 600;
const SQUARE = 8;

export class Meter {
  readonly flashes = new Readings(KEPT);
  readonly beeps = new Readings(KEPT);

  private readonly audio = new AudioContext();
  private readonly analyser = this.audio.createAnalyser();
  private readonly samples = new Float32Array(SAMPLES);
  private readonly tone = new Onset(LOUD, this.audio.sampleRate);
  private readonly canvas: CanvasRenderingContext2D | null;
  private lit = true;
  private recent: number[] = [];

  constructor(private readonly video: HTMLVideoElement) {
    const canvas = document.createElement("canvas");
    canvas.width = SQUARE;
    canvas.height = SQUARE;
    this.canvas = canvas.getContext("2d", { willReadFrequently: true });
    this.analyser.fftSize = SAMPLES;
  }

  start(): void {
    this.audio.createMediaElementSource(this.video).connect(this.analyser);
    this.analyser.connect(this.audio.destination);
    void this.audio.resume();
    document.addEventListener("pointerdown", () => void this.audio.resume(), { once: true });
    window.setInterval(() => this.listen(), POLL_MS);
  }

  /** RMS from 0 to 1 of the loudest 10 ms in the last second. */
  level(): number {
    return Math.max(0, ...this.recent);
  }

  /** Looks at a frame that is shown at *mediaSeconds*, and wants the next one too. */
  see(mediaSeconds: number): boolean {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!this.canvas || !width) {
      return true;
    }
    const [x, y] = [(width * 7) / 16, (height * 9) / 16];
    this.canvas.drawImage(this.video, x, y, width / 8, height / 8, 0, 0, SQUARE, SQUARE);
    const lit = meanLuma(this.canvas.getImageData(0, 0, SQUARE, SQUARE).data) > LIT;
    if (lit && !this.lit) {
      this.flashes.add(Math.round(mediaSeconds * 1000));
    }
    this.lit = lit;
    return true;
  }

  private listen(): void {
    this.analyser.getFloatTimeDomainData(this.samples);
    const now = this.audio.currentTime;
    const first = now - SAMPLES / this.audio.sampleRate;
    for (const onset of this.tone.find(this.samples, first)) {
      const ago = (now - onset) * this.video.playbackRate;
      this.beeps.add(Math.round((this.video.currentTime - ago) * 1000));
    }
    this.recent.push(loudest(this.samples, this.audio.sampleRate));
    this.recent = this.recent.slice(-HOLD_POLLS);
  }
}

function meanLuma(data: Uint8ClampedArray): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    sum += luma(data, at);
  }
  return sum / (data.length / 4);
}
