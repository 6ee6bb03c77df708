/**
 * What is being sent: WebRTC's statistics made plain.
 *
 * Comes in: a report of `RTCPeerConnection.getStats()`, and the one before. Goes out: a few numbers.
 */

import {
  bitsPerSecond,
  type Counted,
  chosenPair,
  codecOf,
  type Entry,
  milliseconds,
  number,
} from "../stats";

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

/** Bytes sent so far by the RTP streams of a report. */
export function sentBytes(entries: readonly Entry[]): number {
  return outbound(entries).reduce((sum, entry) => sum + number(entry, "bytesSent"), 0);
}

/** The figures of a report; rates are since *before*. */
export function figures(entries: readonly Entry[], now: Counted, before: Counted | null): Figures {
  const video = outbound(entries).find(({ kind }) => kind === "video") ?? {};
  const remote = entries.find(
    ({ type, kind }) => type === "remote-inbound-rtp" && kind === "video",
  );
  const rtt = remote?.roundTripTime ?? chosenPair(entries)?.currentRoundTripTime;
  return {
    codec: codecOf(entries, video),
    frames_sent: number(video, "framesSent"),
    bitrate: bitsPerSecond(now, before),
    rtt_ms: milliseconds(rtt),
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
