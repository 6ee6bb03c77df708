/** A tile's figures as people read them: under the names of their places on the page. */

import * as format from "../format";
import type { Received } from "./figures";

export interface Heard {
  readonly picture: Received | null;
  readonly sound: Received | null;
  /** Glass to glass. */
  readonly delayMs: number | null;
  /** The RID that comes; empty without simulcast. */
  readonly layer: string;
}

export function texts(heard: Heard): Record<string, string> {
  const { picture, sound, delayMs, layer } = heard;
  return {
    size: picture ? size(picture) : "",
    codec: [picture?.codec.replace("video/", ""), layer].filter(Boolean).join(" · ") || "–",
    delay: format.milliseconds(delayMs),
    lost: both(picture, sound, (figures) => String(figures.packets_lost)),
    freezes: picture ? `${picture.freezes} · ${format.seconds(picture.freeze_ms, 1)}` : "–",
    buffer: both(picture, sound, (figures) => format.milliseconds(figures.jitter_buffer_ms)),
  };
}

function size({ width, height, fps, bitrate }: Received): string {
  return width ? `${width}×${height} · ${Math.round(fps)} fps · ${format.bitrate(bitrate)}` : "";
}

/** Of the picture, and of the sound: "20 ms / 45 ms". */
function both(
  picture: Received | null,
  sound: Received | null,
  say: (figures: Received) => string,
): string {
  return [picture, sound].map((figures) => (figures ? say(figures) : "–")).join(" / ");
}
