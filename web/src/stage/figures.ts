/**
 * What is received and sent on the stage: WebRTC's statistics made plain.
 *
 * Comes in: reports of `RTCPeerConnection.getStats()`. Goes out: numbers, of the connection, of each
 * slot, and of each layer that is sent. Rates are since the report before.
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

/** One slot. */
export interface Received {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
  readonly packets: number;
  readonly packets_lost: number;
  readonly frames_decoded: number;
  readonly frames_dropped: number;
  readonly key_frames: number;
  readonly freezes: number;
  readonly freeze_ms: number;
  /** How long what was decoded lately had waited. */
  readonly jitter_buffer_ms: number | null;
  readonly nacks: number;
  readonly plis: number;
  /** From 0 to 1, of sound. */
  readonly audio_level: number | null;
}

/** One connection, whichever way its media go. */
export interface Way {
  /** Round trip to the node, by ICE's checks. */
  readonly rtt_ms: number | null;
  readonly bitrate: number;
  /** "udp", "tcp" or "relay"; empty before there is one. */
  readonly transport: string;
}

/** One layer that is sent. */
export interface SentLayer {
  readonly rid: string;
  readonly mode: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
  readonly frames_sent: number;
}

export const NO_SLOT: Received = slot({ entries: [], atMs: 0 }, {}, null);
export const NO_WAY: Way = { rtt_ms: null, bitrate: 0, transport: "" };

/** One look at a connection. */
export interface Look {
  readonly entries: readonly Entry[];
  readonly atMs: number;
}

/** Looks that are nearer than this give no rate: browsers keep a report for a while. */
const APART_MS = 200;

/** The last look at a connection, and the one that rates are measured from. */
export class Looks {
  now: Look | null = null;
  before: Look | null = null;

  /** Takes a report; an empty one is of no connection. */
  take(entries: readonly Entry[], atMs: number): void {
    if (!entries.length) {
      this.now = null;
      this.before = null;
      return;
    }
    if (this.now && atMs - this.now.atMs >= APART_MS) {
      this.before = this.now;
    }
    this.now = { entries, atMs };
  }

  way(): Way {
    return this.now ? way(this.now, this.before) : NO_WAY;
  }

  received(): Map<string, Received> {
    return this.now ? received(this.now, this.before) : new Map();
  }

  sentLayers(): SentLayer[] {
    return this.now ? sentLayers(this.now, this.before) : [];
  }
}

/** The connection as a whole. */
export function way(look: Look, before: Look | null): Way {
  const pair = chosenPair(look.entries);
  const media = (seen: Look): Counted => ({
    bytes: streams(seen).reduce((sum, entry) => sum + bytes(entry), 0),
    atMs: seen.atMs,
  });
  return {
    rtt_ms: milliseconds(pair?.currentRoundTripTime),
    bitrate: bitsPerSecond(media(look), before && media(before)),
    transport: transport(look.entries, pair),
  };
}

/** Each slot by its mid. */
export function received(look: Look, before: Look | null): Map<string, Received> {
  const found = look.entries.filter(({ type }) => type === "inbound-rtp");
  return new Map(found.map((entry) => [String(entry.mid ?? ""), slot(look, entry, before)]));
}

/** Each layer that is sent, from the lowest. */
export function sentLayers(look: Look, before: Look | null): SentLayer[] {
  return look.entries
    .filter(({ type, kind }) => type === "outbound-rtp" && kind === "video")
    .map((entry) => ({
      rid: String(entry.rid ?? ""),
      mode: String(entry.scalabilityMode ?? ""),
      width: number(entry, "frameWidth"),
      height: number(entry, "frameHeight"),
      fps: number(entry, "framesPerSecond"),
      bitrate: rate(look, entry, before),
      frames_sent: number(entry, "framesSent"),
    }))
    .sort((a, b) => a.height - b.height);
}

function slot(look: Look, entry: Entry, before: Look | null): Received {
  return {
    codec: codecOf(look.entries, entry),
    width: number(entry, "frameWidth"),
    height: number(entry, "frameHeight"),
    fps: number(entry, "framesPerSecond"),
    bitrate: rate(look, entry, before),
    packets: number(entry, "packetsReceived"),
    packets_lost: number(entry, "packetsLost"),
    frames_decoded: number(entry, "framesDecoded"),
    frames_dropped: number(entry, "framesDropped"),
    key_frames: number(entry, "keyFramesDecoded"),
    freezes: number(entry, "freezeCount"),
    freeze_ms: Math.round(number(entry, "totalFreezesDuration") * 1000),
    jitter_buffer_ms: waited(entry, same(before, entry)),
    nacks: number(entry, "nackCount"),
    plis: number(entry, "pliCount"),
    audio_level: typeof entry.audioLevel === "number" ? entry.audioLevel : null,
  };
}

/** The mean wait of what left the jitter buffer since *before*. */
function waited(entry: Entry, before: Entry | undefined): number | null {
  const since = (name: string) => number(entry, name) - (before ? number(before, name) : 0);
  const emitted = since("jitterBufferEmittedCount");
  return emitted > 0 ? milliseconds(since("jitterBufferDelay") / emitted) : null;
}

function rate(look: Look, entry: Entry, before: Look | null): number {
  const former = same(before, entry);
  return bitsPerSecond(
    { bytes: bytes(entry), atMs: look.atMs },
    before && former ? { bytes: bytes(former), atMs: before.atMs } : null,
  );
}

function same(look: Look | null, entry: Entry): Entry | undefined {
  return look?.entries.find(({ id }) => id === entry.id);
}

function streams({ entries }: Look): Entry[] {
  return entries.filter(({ type }) => type === "inbound-rtp" || type === "outbound-rtp");
}

function bytes(entry: Entry): number {
  return number(entry, "bytesReceived") + number(entry, "bytesSent");
}

function transport(entries: readonly Entry[], pair: Entry | undefined): string {
  const local = entries.find(({ id }) => id === pair?.localCandidateId);
  const remote = entries.find(({ id }) => id === pair?.remoteCandidateId);
  const relayed = local?.candidateType === "relay" || remote?.candidateType === "relay";
  return relayed ? "relay" : String(remote?.protocol ?? local?.protocol ?? "");
}
