/**
 * Looks at frames as they are presented, for as long as somebody wants to.
 *
 * Comes in: a video element. Goes out: when the first frame was shown, and each frame to those who
 * look. When nobody does, no callback runs.
 */

/** Looks at one frame; false when it needs no more of them. */
export type Look = (shownMs: number, mediaSeconds: number) => boolean;

export class Frames {
  /** Milliseconds from the navigation's start to the first presented frame. */
  firstMs: number | null = null;
  private looks: Look[] = [];

  constructor(private readonly video: HTMLVideoElement) {}

  start(looks: Look[]): void {
    this.looks = looks;
    if ("requestVideoFrameCallback" in this.video) {
      this.ask();
    } else {
      this.first(this.video);
    }
  }

  private ask(): void {
    this.video.requestVideoFrameCallback((_now, frame) => {
      this.firstMs ??= Math.round(frame.presentationTime);
      this.looks = this.looks.filter((look) => look(frame.expectedDisplayTime, frame.mediaTime));
      if (this.looks.length) {
        this.ask();
      }
    });
  }

  /** Browsers without frame callbacks: the first data is as near as it gets. */
  private first(video: HTMLVideoElement): void {
    const seen = () => {
      this.firstMs ??= Math.round(performance.now());
    };
    video.addEventListener("loadeddata", seen, { once: true });
  }
}
