/**
 * How a picture is encoded for others who have more and less room for it.
 *
 * Comes in: the codec and the bounds of the whole. Goes out: WebRTC's encodings: three simulcast
 * layers, or one stream with layers inside where the codec can.
 */

import type { CodecChoice } from "../publish/options";
import { LAYERS } from "./options";

export interface Wanted {
  readonly codec: CodecChoice;
  /** Of the best layer, in bits a second. */
  readonly bitrate: number;
  readonly fps: number;
  /** Of the source, in lines. */
  readonly height: number;
  readonly layers: number;
  /** Empty: the usual one of the codec. */
  readonly mode: string;
}

/** From the lowest: RID, how many times smaller, and the share of the best layer's bitrate. */
const SIMULCAST = [
  ["l", 4, 0.08],
  ["m", 2, 0.28],
  ["h", 1, 1],
] as const;

/** Lines that a picture needs for so many layers: browsers leave out the best ones of a smaller one,
 * so that fewer must be asked for.
 */
const LINES = [0, 270, 540];

/** AV1 with spatial layers costs a browser more than it has to spare. */
const MODES: Partial<Record<CodecChoice, string>> = { vp9: "L3T3_KEY", av1: "L1T3" };

/** Not in TypeScript's own types. */
interface Encoding extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
}

/** What `addTransceiver` is given. */
export function encodings(wanted: Wanted): Encoding[] {
  const { codec, bitrate, fps, height, layers } = wanted;
  const best = { maxBitrate: bitrate, maxFramerate: fps };
  const mode = wanted.mode || MODES[codec];
  if (layers !== LAYERS) {
    return [wanted.mode ? { ...best, scalabilityMode: wanted.mode } : best];
  }
  if (mode) {
    return [{ ...best, scalabilityMode: mode }];
  }
  const usable = LINES.filter((lines) => height >= lines).length;
  if (usable === 1) {
    return [best];
  }
  return SIMULCAST.slice(-usable).map(([rid, smaller, share]) => ({
    rid,
    scaleResolutionDownBy: smaller,
    maxBitrate: Math.round(bitrate * share),
    maxFramerate: fps,
  }));
}
