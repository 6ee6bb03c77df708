/** Plays by hls.js (Media Source Extensions). */

import Hls, { type ErrorData, Events, type HlsConfig, type Level } from "hls.js";
import { AUTO, type Measured, type Player, type Quality, type Report, refusal } from "./player";
import { StreamController } from "./stream_controller";

/** Seconds behind the edge at which a viewer is moved forward instead of played faster. */
const FAR_BEHIND = 6;
/** Assumed until measured: enough for 720p, so that a good line does not begin with 240p. */
const FIRST_ESTIMATE = 3_000_000;
const RETRY = { retryDelayMs: 200, maxRetryDelayMs: 1000 };

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // Our own control stands in its place (latency.ts).
  maxLiveSyncPlaybackRate: 1,
  liveSyncOnStallIncrease: 0,
  // Parts of 0.5 s: hls.js's own 0.25 s skipped short ones.
  maxFragLookUpTolerance: 0.1,
  backBufferLength: 10,
  enableWorker: true,
  capLevelToPlayerSize: true,
  streamController: StreamController,
  abrEwmaDefaultEstimate: FIRST_ESTIMATE,
  // A broadcast that has not begun is our state machine's to wait for.
  manifestLoadPolicy: policy(8000, 0),
  playlistLoadPolicy: policy(8000, 3),
  fragLoadPolicy: policy(4000, 3),
};

function policy(firstByteMs: number, tries: number): HlsConfig["fragLoadPolicy"] {
  const retry = tries ? { ...RETRY, maxNumRetry: tries } : null;
  return {
    default: {
      maxTimeToFirstByteMs: firstByteMs,
      maxLoadTimeMs: 2 * firstByteMs,
      timeoutRetry: retry,
      errorRetry: retry,
    },
  };
}

export class HlsPlayer implements Player {
  private hls: Hls | null = null;
  private shown = false;
  private over = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly report: Report,
  ) {
    video.addEventListener("playing", () => {
      this.shown = true;
    });
    video.addEventListener("ended", () => this.finish());
    video.addEventListener("waiting", () => this.over && this.finish());
  }

  load(): void {
    this.destroy();
    this.shown = false;
    this.over = false;
    const hls = new Hls(CONFIG);
    // Not in the constructor: there it would ask for liveSyncDuration too, which replaces
    // the playlist's PART-HOLD-BACK.
    hls.config.liveMaxLatencyDuration = FAR_BEHIND;
    hls.on(Events.ERROR, (_event, data) => this.onError(data));
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => this.onDetails(details.live));
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
    this.hls = hls;
  }

  recover(): void {
    this.hls?.recoverMediaError();
  }

  destroy(): void {
    this.hls?.destroy();
    this.hls = null;
  }

  measure(): Measured {
    const hls = this.hls;
    const details = hls?.latestLevelDetails;
    const level = hls?.levels[hls.currentLevel];
    return {
      latency: details ? details.edge + details.age - this.video.currentTime : null,
      holdBack: details?.partHoldBack || hls?.targetLatency || null,
      capturedMs: hls?.playingDate?.getTime() ?? null,
      playing: hls && level ? quality(level, hls.currentLevel) : null,
      codec: hls && level ? codecs(hls, level) : null,
    };
  }

  qualities(): readonly Quality[] {
    return (this.hls?.levels ?? []).map(quality).sort((a, b) => b.bitrate - a.bitrate);
  }

  chosen(): number {
    return !this.hls || this.hls.autoLevelEnabled ? AUTO : this.hls.loadLevel;
  }

  choose(id: number): void {
    if (this.hls) {
      // Not `nextLevel`: it empties the buffer, and a low-latency buffer is soon empty.
      this.hls.loadLevel = id;
    }
  }

  livePosition(): number | null {
    return this.hls?.liveSyncPosition ?? null;
  }

  private onDetails(live: boolean): void {
    if (live) {
      return;
    }
    this.over = true;
    if (!this.shown) {
      this.finish();
    }
  }

  private finish(): void {
    this.hls?.stopLoad();
    this.report({ type: "ended" });
  }

  private onError(data: ErrorData): void {
    if (!data.fatal || this.over) {
      return;
    }
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      this.report({ type: "media" });
      return;
    }
    this.hls?.stopLoad();
    const { networkDetails: request, response } = data;
    const body = request instanceof XMLHttpRequest ? request.responseText : "";
    this.report(refusal(response?.code ?? 0, body));
  }
}

function quality(level: Level, id: number): Quality {
  return { id, height: level.height, bitrate: level.averageBitrate || level.bitrate };
}

function codecs(hls: Hls, level: Level): string {
  const sound = hls.audioTracks[hls.audioTrack]?.audioCodec ?? level.audioCodec;
  return [level.videoCodec, sound].filter(Boolean).join(", ");
}
