/**
 * The will to play: starting, pausing, catching up and jumping to live.
 *
 * Comes in: a video and its player. Goes out: a playback rate and a position. A browser that
 * forbids sound gets silence first.
 */

import { LatencyControl } from "./latency";
import { buffered, type Player } from "./player";
import type { Stalls } from "./stalls";

/** Seconds that must lie ahead of where the first picture is taken. */
const START_BUFFER = 0.6;
/** Seconds nearer to the edge that are worth a seek before the first picture. */
const WORTH = 0.15;
/** Seconds off the aimed distance at which "Live" becomes "Go to live". */
const BEHIND = 3;

export class Playback {
  /** The viewer wants it to play. */
  private wanted = true;
  /** Nothing was shown since the player loaded. */
  private fresh = true;
  private readonly control = new LatencyControl();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly player: Player,
    private readonly stalls: Stalls,
    private readonly silenced: () => void,
  ) {}

  start(): void {
    this.video.addEventListener("canplay", () => void this.play());
    this.video.addEventListener("seeking", () => this.control.reset());
    this.video.addEventListener("emptied", () => {
      this.control.reset();
      this.fresh = true;
    });
  }

  readonly toggle = (): void => {
    this.wanted = this.video.paused;
    if (this.wanted) {
      this.jumpToLive();
      void this.play();
    } else {
      this.stalls.excuse(performance.now());
      this.video.pause();
    }
  };

  readonly jumpToLive = (): void => {
    const position = this.player.livePosition();
    if (position !== null && position > this.video.currentTime + BEHIND / 2) {
      this.stalls.excuse(performance.now());
      this.video.currentTime = position;
    }
    this.wanted = true;
    void this.play();
  };

  atEdge(): boolean {
    const { latency, holdBack } = this.player.measure();
    const behind = (latency ?? 0) - this.control.target(holdBack ?? 0);
    return !this.video.paused && behind < BEHIND;
  }

  /** Sets the playback rate anew; called several times a second. */
  steer(nowMs: number): void {
    const { latency, holdBack } = this.player.measure();
    if (latency === null || holdBack === null || this.video.paused || this.video.seeking) {
      return;
    }
    const rate = this.control.rate({
      nowMs,
      latency,
      holdBack,
      buffer: buffered(this.video),
      stalls: this.stalls.count,
    });
    if (this.video.playbackRate !== rate) {
      this.video.playbackRate = rate;
    }
  }

  private async play(): Promise<void> {
    if (!this.wanted || !this.video.paused) {
      return;
    }
    this.skipWhatIsOld();
    try {
      await this.video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError" && !this.video.muted) {
        this.video.muted = true;
        this.silenced();
        await this.video.play().catch(() => undefined);
      }
    }
  }

  /** The edge went on while the first parts came: what is old by now need not be shown. */
  private skipWhatIsOld(): void {
    const position = this.player.livePosition();
    if (this.fresh && position !== null) {
      const nearer = position - this.video.currentTime;
      if (nearer > WORTH && buffered(this.video) - nearer > START_BUFFER) {
        this.video.currentTime = position;
      }
    }
    this.fresh = false;
  }
}
