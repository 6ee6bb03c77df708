/**
 * Receives a stage by WHEP: slots for pictures and for sound, which the server fills.
 *
 * Comes in: how many slots. Goes out: a track for each, whether it is connected, and statistics.
 * Who is in a slot it does not know.
 */

import { Connection } from "../connection";
import { AUDIO_LEVEL, CAPTURE_TIME, DEPENDENCY, negotiateOnly } from "../extensions";
import type { Leg, Report } from "../keeper";
import type { ServerEvent } from "../sse";
import type { Entry } from "../stats";
import type { LayerWish, Whep, WhepSession } from "../whep";
import { slotCodecs } from "./slot_codecs";

/** What the server passes on; the rest only makes the offer longer. */
const EXTENSIONS = {
  video: [CAPTURE_TIME, DEPENDENCY],
  audio: [CAPTURE_TIME, AUDIO_LEVEL],
};

export interface Slots {
  readonly video: number;
  readonly audio: number;
}

export class Receiver implements Leg {
  readonly startedMs = performance.now();

  private readonly connection: Connection<WhepSession>;
  private readonly ended = new AbortController();

  constructor(
    private readonly whep: Whep,
    private readonly slots: Slots,
    report: Report,
    /** Told when there is a session: its events come before its first packet. */
    private readonly begun: (receiver: Receiver) => void,
  ) {
    this.connection = new Connection(whep, report);
  }

  get offerToAnswerMs(): number | null {
    return this.connection.offerToAnswerMs;
  }

  get url(): string {
    return this.connection.session?.url ?? "";
  }

  async start(): Promise<void> {
    this.add("video", this.slots.video);
    this.add("audio", this.slots.audio);
    await this.connection.start();
    if (this.connection.session) {
      this.begun(this);
    }
  }

  restart(): Promise<void> {
    return this.connection.restart();
  }

  /** What comes in slot *mid*. */
  track(mid: string): MediaStreamTrack | null {
    const found = this.connection.peer.getTransceivers().find((slot) => slot.mid === mid);
    return found?.receiver.track ?? null;
  }

  entries(): Promise<Entry[]> {
    return this.connection.entries();
  }

  /** Hands over events of *types* until the stream ends. */
  async listen(types: readonly string[], heard: (event: ServerEvent) => void): Promise<void> {
    const { session } = this.connection;
    if (session) {
      await this.whep.listen(session, types, heard, this.ended.signal);
    }
  }

  async wish(wish: LayerWish): Promise<void> {
    const { session } = this.connection;
    if (session) {
      await this.whep.wish(session, wish);
    }
  }

  close(): void {
    this.ended.abort();
    this.connection.close();
  }

  private add(kind: "audio" | "video", count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const transceiver = this.connection.peer.addTransceiver(kind, { direction: "recvonly" });
      const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
      transceiver.setCodecPreferences(slotCodecs(codecs));
      negotiateOnly(transceiver, EXTENSIONS[kind]);
    }
  }
}
