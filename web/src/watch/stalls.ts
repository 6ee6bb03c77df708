/**
 * How often and how long the picture stood still.
 *
 * Comes in: what the video element reports. Goes out: counts. What comes before the first picture,
 * and what the viewer caused by seeking or pausing, is no stall.
 */

export class Stalls {
  count = 0;
  private total = 0;
  private since: number | null = null;
  private begun = false;
  private excused = false;

  playing(nowMs: number): void {
    this.close(nowMs);
    this.begun = true;
    this.excused = false;
  }

  waiting(nowMs: number): void {
    if (this.begun && !this.excused && this.since === null) {
      this.count++;
      this.since = nowMs;
    }
  }

  /** The viewer paused or seeked, or the broadcast ended: the next wait is not the stream's fault. */
  excuse(nowMs: number): void {
    this.close(nowMs);
    this.excused = true;
  }

  /** Milliseconds stalled so far, a stall that goes on included. */
  totalMs(nowMs: number): number {
    return this.total + (this.since === null ? 0 : nowMs - this.since);
  }

  private close(nowMs: number): void {
    this.total = this.totalMs(nowMs);
    this.since = null;
  }
}
