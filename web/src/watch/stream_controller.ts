/**
 * hls.js's stream controller, with one rounding error made harmless.
 *
 * Browsers keep buffered times in whole microseconds, rounded down. A buffer that ends where a
 * fragment ends therefore seems to end just before that, and hls.js looks for more in the fragment
 * that it has. After a change of rendition in the middle of a segment, whose first parts it then
 * never loads, it finds nothing, and stands still until the segment has left the playlist's parts.
 */

import Hls, { type LevelDetails, type MediaFragment } from "hls.js";

/** Seconds: above the rounding, far below a frame. */
const ROUNDING = 0.0001;

export class StreamController extends Hls.DefaultConfig.streamController {
  protected override getNextFragment(
    position: number,
    details: LevelDetails,
  ): MediaFragment | null {
    return super.getNextFragment(position + ROUNDING, details);
  }
}
