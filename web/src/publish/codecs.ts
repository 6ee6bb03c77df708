/**
 * Which codecs are offered.
 *
 * Comes in: what the browser can send, and a choice. Goes out: what to offer, in order; nothing when
 * the browser lacks the chosen one. What repairs losses (RTX) stays with any choice.
 */

import type { CodecChoice } from "./options";

const REPAIR = /^video\/(rtx|red|ulpfec|flexfec)/i;

/** The offer's codecs; null leaves the browser's own order. */
export function offered<T extends { mimeType: string }>(
  capabilities: readonly T[],
  choice: CodecChoice,
): T[] | null {
  if (choice === "auto") {
    return null;
  }
  const wanted = `video/${choice}`;
  const chosen = capabilities.filter(({ mimeType }) => mimeType.toLowerCase() === wanted);
  const repair = capabilities.filter(({ mimeType }) => REPAIR.test(mimeType));
  return chosen.length ? [...chosen, ...repair] : [];
}
