/**
 * The little that a player must read of a playlist by itself: whether a broadcast goes on.
 *
 * Comes in: a playlist's text. Goes out: an address in it, or yes or no. hls.js reads the rest.
 */

/** The first media playlist of a multivariant playlist at *base*; null when it lists none. */
export function firstMediaPlaylist(text: string, base: string): string | null {
  const line = text.split(/\r?\n/).find((candidate) => candidate && !candidate.startsWith("#"));
  return line ? new URL(line, base).href : null;
}

/** Whether a media playlist says that nothing will follow. */
export function hasEnded(text: string): boolean {
  return /^#EXT-X-ENDLIST\s*$/m.test(text);
}
