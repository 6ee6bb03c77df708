/**
 * What the page says of itself, to its panel and to `window.levelchat.stats()`.
 *
 * Comes in: measurements. Goes out: one plain object, with names that tests and benchmarks know.
 */

import { bitrate } from "../format";
import type { Measured, Quality } from "./player";

/** `window.levelchat.stats()` of the watch page. */
export interface WatchStats {
  readonly source: string;
  readonly playing: boolean;
  readonly current_time: number;
  readonly delay_ms: number | null;
  readonly delays_ms: readonly number[];
  readonly unreadable: number;
  readonly player_latency_s: number | null;
  readonly rendition: string | null;
  readonly buffer_s: number;
  readonly stalls: number;
  readonly stall_ms: number;
  readonly dropped_frames: number;
  readonly playback_rate: number;
  readonly sound_level: number | null;
  readonly first_picture_ms: number | null;
  readonly codec: string | null;
  /** Only with `?meter=1`: media times since the last call. */
  readonly flashes_ms?: readonly number[];
  readonly beeps_ms?: readonly number[];
}

/** Where a delay comes from. */
export type DelaySource = "strip" | "date" | null;

export interface Delay {
  readonly ms: number | null;
  readonly source: DelaySource;
}

/** A delay by date below this cannot be: the clocks of server and viewer differ. */
const IMPOSSIBLE_MS = -500;
const FAR_OFF_MS = 120_000;

/** The best that is known of the delay: by the picture's own clock, else by the playlist's dates. */
export function delayNow(strip: number | null, measured: Measured, wallMs: number): Delay {
  if (strip !== null) {
    return { ms: strip, source: "strip" };
  }
  const byDate = measured.capturedMs === null ? null : wallMs - measured.capturedMs;
  return byDate !== null && byDate > IMPOSSIBLE_MS && byDate < FAR_OFF_MS
    ? { ms: Math.max(0, byDate), source: "date" }
    : { ms: null, source: null };
}

/** "720p · 2.1 Mbit/s". */
export function renditionName(quality: Quality | null): string | null {
  if (!quality) {
    return null;
  }
  const parts = [quality.height ? `${quality.height}p` : "Sound only"];
  return (quality.bitrate ? [...parts, bitrate(quality.bitrate)] : parts).join(" · ");
}

const CODECS: readonly (readonly [RegExp, string])[] = [
  [/^avc[13]/, "H.264"],
  [/^av01/, "AV1"],
  [/^(hvc1|hev1)/, "HEVC"],
  [/^vp09/, "VP9"],
  [/^mp4a/, "AAC"],
  [/^opus/i, "Opus"],
];

/** "avc1.42c01e, mp4a.40.2" → "H.264 + AAC". */
export function codecNames(codec: string | null): string | null {
  return (
    codec
      ?.split(/,\s*/)
      .map((one) => CODECS.find(([pattern]) => pattern.test(one))?.[1] ?? one)
      .join(" + ") ?? null
  );
}

/** "2 (640 ms)". */
export function stallText(count: number, ms: number): string {
  return count ? `${count} (${Math.round(ms)} ms)` : "none";
}
