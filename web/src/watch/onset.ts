/**
 * Finds where a tone begins.
 *
 * Comes in: samples, with the time of the first. Goes out: the times at which silence turned into
 * sound, each once, though successive blocks overlap.
 */

/** Two periods of the 1 kHz tone. */
const WINDOW_SECONDS = 0.002;
/** Silence that must go before: shorter holes are the codec's, not the pattern's. */
const SILENCE_SECONDS = 0.2;
const LEVEL_SECONDS = 0.01;

export class Onset {
  private readonly window: number;
  private loudUntil = Number.NEGATIVE_INFINITY;
  private heardUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly threshold: number,
    private readonly rate: number,
  ) {
    this.window = Math.round(WINDOW_SECONDS * rate);
  }

  /** Onsets in *samples*, of which the first was played at *first* seconds. */
  find(samples: Float32Array, first: number): number[] {
    const onsets: number[] = [];
    for (let start = 0; start + this.window <= samples.length; start += this.window) {
      const time = first + start / this.rate;
      if (time < this.heardUntil) {
        continue;
      }
      if (rms(samples, start, start + this.window) > this.threshold) {
        if (time - this.loudUntil > SILENCE_SECONDS) {
          onsets.push(time);
        }
        this.loudUntil = time;
      }
      this.heardUntil = time + this.window / this.rate;
    }
    return onsets;
  }
}

/** RMS of the loudest 10 ms of *samples*. */
export function loudest(samples: Float32Array, rate: number): number {
  const size = Math.round(LEVEL_SECONDS * rate);
  let most = 0;
  for (let start = 0; start + size <= samples.length; start += size) {
    most = Math.max(most, rms(samples, start, start + size));
  }
  return most;
}

function rms(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) {
    sum += (samples[index] ?? 0) ** 2;
  }
  return Math.sqrt(sum / (to - from));
}
