/**
 * How fast to play so that the distance to the live edge stays what it should be.
 *
 * Comes in: the time, the distance to the edge, what is buffered, what the playlist recommends.
 * Goes out: a playback rate. It never seeks: a viewer who fell far behind is hls.js's to move.
 *
 * hls.js's own control needs more than one second of buffer before it plays faster, which a
 * low-latency buffer seldom has, so it is switched off and this one stands in its place.
 */

export interface Situation {
  readonly nowMs: number;
  /** Seconds from what is shown to the estimated live edge. */
  readonly latency: number;
  /** Seconds that can be played without another byte. */
  readonly buffer: number;
  /** PART-HOLD-BACK in seconds. */
  readonly holdBack: number;
  /** Stalls so far. */
  readonly stalls: number;
}

/** Faster by this part for each second too far behind: half of the way in about two seconds. */
const GAIN = 0.3;
/** Where voices begin to sound hurried. */
const FASTEST = 1.1;
/** Seconds behind the target at which hurrying is better than being late. */
const FAR = 0.6;
const FASTEST_FAR = 1.2;
/** Not heard, and wins 50 ms a second for a part that is late. */
const SLOWER = 0.95;
/** Seconds of buffer below which the next late part would stall the picture. */
const THIN = 0.3;
/** Seconds of buffer needed to play faster. */
const ENOUGH = 0.5;
/** Seconds off target to begin a correction, and to end it. */
const BEGIN = 0.08;
const END = 0.01;
/** Smoothing of the distance, which steps with each playlist's arrival; milliseconds. */
const SMOOTHING_MS = 700;

/** A stall puts the target this much farther back, in seconds, at most so often. */
const STALL_STEP = 0.25;
const STALL_STEPS = 4;
/** As long without a stall brings it one step nearer again. */
const FORGIVE_MS = 20_000;

export class LatencyControl {
  private smooth: number | null = null;
  private before = 0;
  private catching = false;
  private steps = 0;
  private stalls = 0;
  private calmSince = 0;

  /** Forgets the distance: the player seeked or loaded anew. */
  reset(): void {
    this.smooth = null;
    this.catching = false;
  }

  /** Seconds behind the edge that are aimed at. */
  target(holdBack: number): number {
    return holdBack + this.steps * STALL_STEP;
  }

  /** The rate to play at now. */
  rate(situation: Situation): number {
    this.learn(situation);
    const distance = this.smoothed(situation) - this.target(situation.holdBack);
    this.catching = distance > (this.catching ? END : BEGIN);
    if (situation.buffer < THIN) {
      return SLOWER;
    }
    if (!this.catching || situation.buffer < ENOUGH) {
      return 1;
    }
    const fastest = distance > FAR ? FASTEST_FAR : FASTEST;
    return Math.min(fastest, Math.round((1 + Math.max(0.02, GAIN * distance)) * 100) / 100);
  }

  private learn({ nowMs, stalls }: Situation): void {
    if (stalls > this.stalls) {
      this.steps = Math.min(STALL_STEPS, this.steps + stalls - this.stalls);
      this.calmSince = nowMs;
    } else if (this.steps > 0 && nowMs - this.calmSince > FORGIVE_MS) {
      this.steps--;
      this.calmSince = nowMs;
    }
    this.stalls = stalls;
  }

  private smoothed({ nowMs, latency }: Situation): number {
    const weight = 1 - Math.exp(-(nowMs - this.before) / SMOOTHING_MS);
    this.before = nowMs;
    this.smooth = this.smooth === null ? latency : this.smooth + weight * (latency - this.smooth);
    return this.smooth;
  }
}
