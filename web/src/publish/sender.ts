/**
 * One peer connection that sends a stream by WHIP.
 *
 * Comes in: a stream and options. Goes out: whether it is connected, and statistics. When it is lost
 * it is thrown away, or its ICE is restarted; who decides that is the state machine.
 */

import type { Whip, WhipSession } from "../whip";
import { offered } from "./codecs";
import type { Options, Source } from "./options";
import { type Entry, type Figures, figures, NOTHING, type Sent, sentBytes } from "./stats";

/** What the browser lacks, in words. */
export class Unsupported extends Error {}

/** A connection that comes back by itself within this time is left alone. */
const GRACE_MS = 2500;
/** From the answer to the first packet; a server in reach needs less than a second. */
const CONNECT_MS = 12_000;
/** Absolute capture time: delay and lip sync are measured with it. */
const CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

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

/** Not in every browser, nor in TypeScript's own types. */
interface ExtensibleTransceiver extends RTCRtpTransceiver {
  getHeaderExtensionsToNegotiate?(): { uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate?(
    extensions: { uri: string; direction: RTCRtpTransceiverDirection }[],
  ): void;
}

export class Sender {
  /** From sending the offer to having the answer. */
  offerToAnswerMs: number | null = null;

  private readonly peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  private session: WhipSession | null = null;
  private before: Sent | null = null;
  private timer = 0;
  private closed = false;

  constructor(
    private readonly whip: Whip,
    private readonly report: (connected: boolean) => void,
  ) {
    this.peer.addEventListener("connectionstatechange", () => this.onState());
  }

  /** Offers *stream* and takes the answer. */
  async start(stream: MediaStream, options: Options): Promise<void> {
    for (const track of stream.getTracks()) {
      this.add(track, stream, options);
    }
    const offer = await this.peer.createOffer();
    await this.peer.setLocalDescription(offer);
    const before = performance.now();
    // The server is ICE-lite and needs none of our candidates: nothing waits for them.
    const session = await this.whip.offer(this.peer.localDescription?.sdp ?? "");
    this.offerToAnswerMs = Math.round(performance.now() - before);
    if (this.closed) {
      this.whip.end(session);
      return;
    }
    await this.take(session);
  }

  /** Restarts ICE over the same session. */
  async restart(): Promise<void> {
    if (!this.session) {
      throw new Unsupported("There is no session to restart.");
    }
    const offer = await this.peer.createOffer({ iceRestart: true });
    const session = await this.whip.restart(this.session, offer.sdp ?? "");
    await this.peer.setLocalDescription(offer);
    await this.take(session);
  }

  async figures(): Promise<Figures> {
    if (this.closed) {
      return NOTHING;
    }
    const entries: Entry[] = [];
    for (const entry of (await this.peer.getStats()).values()) {
      entries.push(entry as Entry);
    }
    const now = { bytes: sentBytes(entries), atMs: performance.now() };
    const result = figures(entries, now, this.before);
    this.before = now;
    return result;
  }

  /** Ends the session and the connection; safe at any time. */
  close(): void {
    window.clearTimeout(this.timer);
    this.closed = true;
    if (this.session) {
      this.whip.end(this.session);
      this.session = null;
    }
    this.peer.close();
  }

  private async take(session: WhipSession): Promise<void> {
    this.session = session;
    if (session.iceServers.length) {
      this.peer.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [...session.iceServers],
      });
    }
    await this.peer.setRemoteDescription({ type: "answer", sdp: session.answer });
    this.expect(CONNECT_MS);
  }

  private add(track: MediaStreamTrack, stream: MediaStream, options: Options): void {
    const video = track.kind === "video";
    if (video) {
      track.contentHint = HINTS[options.source];
    }
    const transceiver = this.peer.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: video ? [{ maxBitrate: options.bitrate, maxFramerate: options.fps }] : [],
    });
    askForCaptureTime(transceiver);
    if (video) {
      prefer(transceiver, options);
    }
  }

  private onState(): void {
    const state = this.peer.connectionState;
    if (this.closed) {
      return;
    }
    if (state === "connected") {
      window.clearTimeout(this.timer);
      this.report(true);
    } else if (state === "failed") {
      window.clearTimeout(this.timer);
      this.report(false);
    } else if (state === "disconnected") {
      this.expect(GRACE_MS);
    }
  }

  /** Reports a loss unless it is connected within *ms*. */
  private expect(ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.closed && this.peer.connectionState !== "connected") {
        this.report(false);
      }
    }, ms);
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

function askForCaptureTime(transceiver: ExtensibleTransceiver): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
  const wanted = extensions?.find(({ uri }) => uri === CAPTURE_TIME);
  if (extensions && wanted) {
    wanted.direction = "sendrecv";
    transceiver.setHeaderExtensionsToNegotiate?.(extensions);
  }
}
