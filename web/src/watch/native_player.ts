/** Plays by the browser's own HLS: iPhones before Managed Media Source, and nothing else. */

import { AUTO, type Measured, type Player, type Quality, type Report, refusal } from "./player";

/** Seconds; the browser keeps its own distance and does not say which. */
const ASSUMED_HOLD_BACK = 2;

interface DatedVideo extends HTMLVideoElement {
  /** Safari: the date of media time 0, by EXT-X-PROGRAM-DATE-TIME. */
  getStartDate?(): Date;
}

export class NativePlayer implements Player {
  constructor(
    private readonly video: DatedVideo,
    private readonly url: string,
    private readonly report: Report,
  ) {
    video.addEventListener("ended", () => report({ type: "ended" }));
    video.addEventListener("error", () => void this.explain());
  }

  load(): void {
    this.video.src = this.url;
    this.video.load();
  }

  recover(): void {
    this.load();
  }

  destroy(): void {
    this.video.removeAttribute("src");
    this.video.load();
  }

  measure(): Measured {
    const { seekable, currentTime, videoHeight } = this.video;
    const edge = seekable.length ? seekable.end(seekable.length - 1) : null;
    const start = this.video.getStartDate?.().getTime() ?? Number.NaN;
    return {
      latency: edge === null ? null : edge - currentTime,
      holdBack: ASSUMED_HOLD_BACK,
      capturedMs: Number.isNaN(start) ? null : start + currentTime * 1000,
      playing: videoHeight ? { id: 0, height: videoHeight, bitrate: 0 } : null,
      codec: null,
    };
  }

  qualities(): readonly Quality[] {
    return [];
  }

  chosen(): number {
    return AUTO;
  }

  choose(): void {
    // The browser chooses by itself and takes no orders.
  }

  livePosition(): number | null {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - ASSUMED_HOLD_BACK : null;
  }

  /** The element says only that it failed; the playlist's own status says why. */
  private async explain(): Promise<void> {
    const { status, body } = await fetch(this.url, { cache: "no-store" }).then(
      async (answer) => ({ status: answer.status, body: answer.ok ? "" : await answer.text() }),
      () => ({ status: 0, body: "" }),
    );
    this.report(status === 200 ? { type: "media" } : refusal(status, body));
  }
}
