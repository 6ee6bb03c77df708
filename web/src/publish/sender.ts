/**
 * Sends a stream by WHIP.
 *
 * Comes in: a stream and options. Goes out: whether it is connected, and statistics. It does not
 * know why it is started or closed.
 */

import { Connection, Unsupported } from "../connection";
import { CAPTURE_TIME, DEPENDENCY, negotiate } from "../extensions";
import type { Leg, Report } from "../keeper";
import type { Entry } from "../stats";
import type { Whip, WhipSession } from "../whip";
import { offered } from "./codecs";
import type { Options, Source } from "./options";

const HINTS: Readonly<Record<Source, string>> = {
  camera: "motion",
  screen: "detail",
  pattern: "motion",
};
const DEGRADE: Readonly<Record<Source, RTCDegradationPreference>> = {
  camera: "balanced",
  screen: "maintain-resolution",
  pattern: "maintain-resolution",
};

/** What is sent, and how; in one layer unless `encodings` says otherwise. */
export interface Sending {
  readonly stream: MediaStream;
  readonly options: Options;
  readonly encodings?: RTCRtpEncodingParameters[];
}

export class Sender implements Leg {
  private readonly connection: Connection<WhipSession>;

  constructor(
    whip: Whip,
    private readonly sending: Sending,
    report: Report,
  ) {
    this.connection = new Connection(whip, report);
  }

  get offerToAnswerMs(): number | null {
    return this.connection.offerToAnswerMs;
  }

  async start(): Promise<void> {
    for (const track of this.sending.stream.getTracks()) {
      this.add(track);
    }
    await this.connection.start();
  }

  restart(): Promise<void> {
    return this.connection.restart();
  }

  entries(): Promise<Entry[]> {
    return this.connection.entries();
  }

  close(): void {
    this.connection.close();
  }

  private add(track: MediaStreamTrack): void {
    const { stream, options, encodings } = this.sending;
    const video = track.kind === "video";
    if (video) {
      track.contentHint = HINTS[options.source];
    }
    const one = [{ maxBitrate: options.bitrate, maxFramerate: options.fps }];
    const transceiver = this.connection.peer.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: video ? (encodings ?? one) : [],
    });
    negotiate(transceiver, [CAPTURE_TIME, ...(encodings ? [DEPENDENCY] : [])]);
    if (video) {
      prefer(transceiver, options);
    }
  }
}

function prefer(transceiver: RTCRtpTransceiver, options: Options): void {
  const all = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const codecs = offered(all, options.codec);
  if (codecs?.length === 0) {
    throw new Unsupported(`This browser cannot send ${options.codec.toUpperCase()}.`);
  }
  if (codecs) {
    transceiver.setCodecPreferences(codecs);
  }
  const parameters = transceiver.sender.getParameters();
  parameters.degradationPreference = DEGRADE[options.source];
  // Browsers without the preference ignore or refuse it; the picture is sent all the same.
  transceiver.sender.setParameters(parameters).catch(() => undefined);
}
