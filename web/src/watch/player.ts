/**
 * What plays a broadcast: by hls.js, or by the browser itself where there is no hls.js.
 *
 * Comes in: a video element and a playlist's address. Goes out: what happened, and what can be
 * measured. It decides nothing about trying again: that is the state machine's.
 */

import { codeOf, detailOf } from "../problem";
import type { Happening } from "./state";

/** One entry of the quality menu. */
export interface Quality {
  readonly id: number;
  readonly height: number;
  readonly bitrate: number;
}

export const AUTO = -1;

/** What only the player knows; null where it does not. */
export interface Measured {
  /** Seconds behind the estimated live edge. */
  readonly latency: number | null;
  /** PART-HOLD-BACK, or what stands for it, in seconds. */
  readonly holdBack: number | null;
  /** Unix milliseconds at which what is shown now was captured, by EXT-X-PROGRAM-DATE-TIME. */
  readonly capturedMs: number | null;
  readonly playing: Quality | null;
  readonly codec: string | null;
}

export interface Player {
  /** Begins, or begins anew with nothing kept. */
  load(): void;
  /** Rebuilds the decoder. */
  recover(): void;
  destroy(): void;
  measure(): Measured;
  qualities(): readonly Quality[];
  /** The chosen quality's id, or `AUTO`. */
  chosen(): number;
  choose(id: number): void;
  /** Where in the media the viewer should be, in seconds; null when it is not known. */
  livePosition(): number | null;
}

export type Report = (happening: Happening) => void;

/** Seconds that can be played on from here without another byte. */
export function buffered(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index)) {
      return buffered.end(index) - currentTime;
    }
  }
  return 0;
}

/** What a refused playlist means: a room without broadcast, a closed door, or a broken way. */
export function refusal(status: number, body: string): Happening {
  if (status === 401 || status === 403 || status === 409) {
    return { type: "refused", code: codeOf(body), detail: detailOf(body) };
  }
  return status === 404 || status === 503 ? { type: "missing" } : { type: "network" };
}
