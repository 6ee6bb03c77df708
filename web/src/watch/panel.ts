/** The live figures beside the picture. */

import * as format from "../format";
import { find, setText } from "../ui/dom";
import { Delays } from "./delays";
import { draw, rangeOf } from "./sparkline";
import { codecNames, type Delay, stallText, type WatchStats } from "./stats";

const SOURCES = {
  strip: "glass to glass, from the clock in the picture",
  date: "estimated from the stream’s own clock",
} as const;

export class Panel {
  private readonly delays = new Delays();
  private readonly canvas = find("spark", HTMLCanvasElement);
  private readonly delay = find("delay", HTMLElement);
  private readonly source = find("delay-source", HTMLElement);
  private readonly range = find("spark-range", HTMLElement);

  /** Shows *stats* as of *nowMs*. */
  show(nowMs: number, stats: Omit<WatchStats, "delays_ms">, delay: Delay): void {
    this.showDelay(nowMs, stats.playing ? delay : { ms: null, source: null });
    const texts: Record<string, string> = {
      rendition: stats.rendition ?? "–",
      buffer: format.seconds(stats.buffer_s * 1000),
      rate: format.rate(stats.playback_rate),
      stalls: stallText(stats.stalls, stats.stall_ms),
      dropped: format.count(stats.dropped_frames),
      codec: codecNames(stats.codec) ?? "–",
    };
    for (const [name, text] of Object.entries(texts)) {
      setText(find(`f-${name}`, HTMLElement), text);
    }
  }

  private showDelay(nowMs: number, { ms, source }: Delay): void {
    setText(this.delay, ms === null ? "–" : (ms / 1000).toFixed(2));
    find("delay-unit", HTMLElement).hidden = ms === null;
    setText(this.source, source ? SOURCES[source] : "known while it plays");
    if (ms !== null) {
      this.delays.add(nowMs, ms);
    }
    const line = this.delays.line(nowMs);
    const range = rangeOf(line);
    if (range) {
      draw(this.canvas, line, range);
      setText(this.range, `${format.seconds(range.low, 1)} – ${format.seconds(range.high, 1)}`);
    }
  }
}
