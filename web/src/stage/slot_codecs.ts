/**
 * Which codecs a slot takes.
 *
 * Comes in: what the browser can receive. Goes out: of it, what the server may send. An offer names
 * every codec in every slot, and the server reads all of it: what nobody sends is left out.
 */

export interface Receivable {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string;
}

/** Formats by name, with what their parameters must say where they are there. */
const WANTED: ReadonlyMap<string, RegExp> = new Map([
  ["video/vp8", /^/],
  ["video/vp9", /profile-id=0|^$/],
  ["video/av1", /(^|;)profile=0|^$/],
  // 4:4:4 is nothing that a camera sends.
  ["video/h264", /packetization-mode=1(?!.*profile-level-id=f4)/],
  ["video/rtx", /^/],
  ["audio/opus", /^/],
  ["audio/red", /^/],
]);

/** Of *all*, what a slot offers. */
export function slotCodecs<T extends Receivable>(all: readonly T[]): T[] {
  return all.filter(({ mimeType, sdpFmtpLine = "" }) =>
    WANTED.get(mimeType.toLowerCase())?.test(sdpFmtpLine),
  );
}
