/**
 * WebRTC's statistics, whatever they are about.
 *
 * Comes in: entries of a report of `RTCPeerConnection.getStats()`. Goes out: numbers and texts. A
 * value that is not there is 0, or null where nothing and 0 are not the same.
 */

/** One entry of a report: any of WebRTC's dictionaries. */
export type Entry = Readonly<Record<string, unknown>>;

/** What a rate is measured from. */
export interface Counted {
  readonly bytes: number;
  readonly atMs: number;
}

export function number(entry: Entry, name: string): number {
  const value = entry[name];
  return typeof value === "number" ? value : 0;
}

/** Bits a second between two counts; 0 when there is no first one. */
export function bitsPerSecond(now: Counted, before: Counted | null): number {
  const seconds = before ? (now.atMs - before.atMs) / 1000 : 0;
  return seconds > 0 && before ? Math.round((8 * (now.bytes - before.bytes)) / seconds) : 0;
}

/** The candidate pair that carries everything (bundled). */
export function chosenPair(entries: readonly Entry[]): Entry | undefined {
  const pairs = entries.filter(({ type }) => type === "candidate-pair");
  const transport = entries.find(({ type }) => type === "transport");
  const selected = pairs.find(({ id }) => id === transport?.selectedCandidatePairId);
  return selected ?? pairs.find(({ nominated }) => nominated);
}

/** "video/VP8", of the stream *entry*. */
export function codecOf(entries: readonly Entry[], entry: Entry): string {
  return String(entries.find(({ id }) => id === entry.codecId)?.mimeType ?? "");
}

/** To tenths; null stays. */
export function milliseconds(seconds: unknown): number | null {
  return typeof seconds === "number" ? Math.round(seconds * 10_000) / 10 : null;
}
