/**
 * One peer connection whose other end is a session of WHIP or WHEP.
 *
 * Comes in: a peer connection with its tracks. Goes out: whether it is connected, and statistics.
 * When it is lost it is thrown away, or its ICE is restarted; who decides that is the state machine.
 */

import type { SdpSession } from "./sdp_http";
import type { Entry } from "./stats";

/** What the browser lacks, in words. */
export class Unsupported extends Error {}

/** A connection that comes back by itself within this time is left alone. */
const GRACE_MS = 2500;
/** From the answer to the first packet; a server in reach needs less than a second. */
const CONNECT_MS = 12_000;
/** Then the servers that the answer named are tried: TURN helps where UDP is blocked. */
const RELAY_MS = 3000;

/** How sessions are made; `Whip` and `Whep` are both. */
export interface Signalling<S extends SdpSession> {
  offer(sdp: string): Promise<S>;
  restart(session: S, offer: string): Promise<S>;
  end(session: S): void;
}

export class Connection<S extends SdpSession> {
  readonly peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  /** From sending the offer to having the answer. */
  offerToAnswerMs: number | null = null;
  session: S | null = null;

  private relayed = false;
  private timer = 0;
  private closed = false;

  constructor(
    private readonly signalling: Signalling<S>,
    private readonly report: (connected: boolean) => void,
  ) {
    this.peer.addEventListener("connectionstatechange", () => this.onState());
  }

  /** Offers what the peer connection has, and takes the answer. */
  async start(): Promise<void> {
    await this.peer.setLocalDescription(await this.peer.createOffer());
    const before = performance.now();
    // The server is ICE-lite and needs none of our candidates: nothing waits for them.
    const session = await this.signalling.offer(this.peer.localDescription?.sdp ?? "");
    this.offerToAnswerMs = Math.round((performance.now() - before) * 10) / 10;
    if (this.closed) {
      this.signalling.end(session);
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
    const session = await this.signalling.restart(this.session, offer.sdp ?? "");
    if (!this.closed) {
      await this.peer.setLocalDescription(offer);
      await this.take(session);
    }
  }

  async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    if (!this.closed) {
      for (const entry of (await this.peer.getStats()).values()) {
        entries.push(entry as Entry);
      }
    }
    return entries;
  }

  /** Ends the session and the connection; safe at any time. */
  close(): void {
    window.clearTimeout(this.timer);
    this.closed = true;
    if (this.session) {
      this.signalling.end(this.session);
      this.session = null;
    }
    this.peer.close();
  }

  private async take(session: S): Promise<void> {
    this.session = session;
    if (session.iceServers.length) {
      this.peer.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [...session.iceServers],
      });
    }
    await this.peer.setRemoteDescription({ type: "answer", sdp: session.answer });
    this.expect(this.mayRelay() ? RELAY_MS : CONNECT_MS);
  }

  private mayRelay(): boolean {
    return !this.relayed && Boolean(this.session?.iceServers.length);
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
      this.onLost();
    } else if (state === "disconnected") {
      this.expect(GRACE_MS);
    }
  }

  /** Reports a loss unless it is connected within *ms*. */
  private expect(ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.closed && this.peer.connectionState !== "connected") {
        this.onLost();
      }
    }, ms);
  }

  private onLost(): void {
    if (!this.mayRelay()) {
      this.report(false);
      return;
    }
    // JSEP §4.1.18: new servers are used by the next gathering only, which a restart begins.
    this.relayed = true;
    this.restart().catch(() => this.closed || this.report(false));
  }
}
