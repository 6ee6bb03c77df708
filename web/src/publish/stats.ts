/**
 * What is being sent: WebRTC's statistics made plain.
 *
 * Comes in: a report of `RTCPeerConnection.getStats()`, and the one before. Goes out: a few numbers.
 */

/** `window.levelchat.stats()` of the publish page. */
export interface PublishStats extends Figures {
  readonly state: string;
  readonly offer_to_answer_ms: number | null;
  readonly error: string | null;
}

export interface Figures {
  /** "video/H264". */
  readonly codec: string;
  readonly frames_sent: number;
  /** Bits a second of sound and picture, without headers. */
  readonly bitrate: number;
  readonly rtt_ms: number | null;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Of the packets sent, as the server saw it; a part of 1. */
  readonly loss: number | null;
  readonly nacks: number;
  readonly plis: number;
  /** "none", "cpu", "bandwidth" or "other". */
  readonly limited_by: string;
}

export const NOTHING: Figures = {
  codec: "",
  frames_sent: 0,
  bitrate: 0,
  rtt_ms: null,
  width: 0,
  height: 0,
  fps: 0,
  loss: null,
  nacks: 0,
  plis: 0,
  limited_by: "none",
};

/** One entry of a report: any of WebRTC's dictionaries. */
export type Entry = Readonly<Record<string, unknown>>;

/** What a rate is measured from. */
export interface Sent {
  readonly bytes: number;
  readonly atMs: number;
}

/** Bytes sent so far by the RTP streams of a report. */
export function sentBytes(entries: readonly Entry[]): number {
  return outbound(entries).reduce((sum, entry) => sum + number(entry, "bytesSent"), 0);
}

/** The figures of a report; rates are since *before*. */
export function figures(entries: readonly Entry[], now: Sent, before: Sent | null): Figures {
  const video = outbound(entries).find(({ kind }) => kind === "video") ?? {};
  const remote = entries.find(
    ({ type, kind }) => type === "remote-inbound-rtp" && kind === "video",
  );
  const pair = entries.find(({ type, nominated }) => type === "candidate-pair" && nominated);
  const seconds = before ? (now.atMs - before.atMs) / 1000 : 0;
  const rtt = remote?.roundTripTime ?? pair?.currentRoundTripTime;
  return {
    codec: String(entries.find(({ id }) => id === video.codecId)?.mimeType ?? ""),
    frames_sent: number(video, "framesSent"),
    bitrate: seconds > 0 && before ? Math.round((8 * (now.bytes - before.bytes)) / seconds) : 0,
    rtt_ms: typeof rtt === "number" ? Math.round(rtt * 10_000) / 10 : null,
    width: number(video, "frameWidth"),
    height: number(video, "frameHeight"),
    fps: number(video, "framesPerSecond"),
    loss: typeof remote?.fractionLost === "number" ? remote.fractionLost : null,
    nacks: number(video, "nackCount"),
    plis: number(video, "pliCount"),
    limited_by: String(video.qualityLimitationReason ?? "none"),
  };
}

const LIMITS: Readonly<Record<string, string>> = {
  none: "by nothing",
  cpu: "by this computer",
  bandwidth: "by the network",
};

/** "by the network". */
export function limitText(reason: string): string {
  return LIMITS[reason] ?? "by something else";
}

function outbound(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ type }) => type === "outbound-rtp");
}

function number(entry: Entry, name: string): number {
  const value = entry[name];
  return typeof value === "number" ? value : 0;
}
