/**
 * What the stage page shall do: from its address.
 *
 * Comes in: a query and a fragment. Goes out: options within bounds; those of publishing are the
 * publish page's.
 */

import { fromAddress, type Options } from "../publish/options";

export interface StageOptions {
  readonly publishing: Options;
  /** Pictures, and voices, that are shown at once. */
  readonly slots: number;
  /** Others are watched. */
  readonly watch: boolean;
  /** Others are heard. */
  readonly audio: boolean;
  /** Layers that are sent: 3, or 1. */
  readonly layers: number;
  /** Layers within one stream (VP9, AV1), as in W3C's "Scalable Video Coding". */
  readonly mode: string;
  /** Each picture's clock strip is read. */
  readonly clock: boolean;
}

const USUAL_SLOTS = 8;
const MOST_SLOTS = 32;
export const LAYERS = 3;
const MODE = /^[LS][1-3]T[1-3](_KEY)?$/;

/** Options of a page's address. */
export function stageOptions(search: string, hash: string): StageOptions {
  const query = new URLSearchParams(search);
  const publishing = fromAddress(search, hash);
  const slots = Math.round(Number(query.get("slots") ?? USUAL_SLOTS));
  const mode = query.get("mode") ?? "";
  return {
    publishing,
    slots: slots >= 1 && slots <= MOST_SLOTS ? slots : USUAL_SLOTS,
    watch: query.get("watch") !== "0",
    audio: query.get("audio") !== "0",
    layers: query.get("layers") === "1" ? 1 : LAYERS,
    mode: MODE.test(mode) ? mode : "",
    clock: query.get("clock") === "1",
  };
}
