/**
 * A WHEP client (draft-ietf-wish-whep), with the extensions for server-sent events and layers.
 *
 * Comes in: an offer. Goes out: an answer, a session that can be restarted and ended, events, and
 * wishes for layers. It owns no peer connection and tries nothing twice.
 */

import { linked } from "./link";
import { SdpHttp, type SdpSession, type Token, Unreachable } from "./sdp_http";
import { EventReader, type ServerEvent } from "./sse";

const EVENTS = "urn:ietf:params:whep:ext:core:server-sent-events";
const LAYER = "urn:ietf:params:whep:ext:core:layer";
const JSON_TYPE = "application/json";
/** A stream that is silent for longer is dead: the server sends a comment each 15 s. */
const SILENCE_MS = 45_000;

export interface WhepSession extends SdpSession {
  /** Where events are asked for; null when the server has none. */
  readonly events: string | null;
  /** Where a layer is wished for; null when the server lets nobody choose. */
  readonly layer: string | null;
}

/** What is wished for one slot; the server knows best what it can give. */
export interface LayerWish {
  /** The slot's mid. */
  readonly mediaId: string;
  /** A simulcast layer's RID; empty or left out for the server's own choice. */
  readonly encodingId?: string;
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Nothing is to be sent. */
  readonly paused?: boolean;
}

export class Whep {
  private readonly http: SdpHttp;

  constructor(endpoint: string, token: Token, request?: typeof fetch) {
    this.http = new SdpHttp(endpoint, token, "watch", request);
  }

  /** Offers to receive, and gives the session that the server made of it. */
  async offer(sdp: string): Promise<WhepSession> {
    const { session, headers } = await this.http.offer(sdp);
    const link = headers.get("Link") ?? "";
    return {
      ...session,
      events: linked(link, EVENTS, session.url),
      layer: linked(link, LAYER, session.url),
    };
  }

  /** Restarts ICE; gives the session with its new answer. */
  restart(session: WhepSession, offer: string): Promise<WhepSession> {
    return this.http.restart(session, offer);
  }

  /** Ends the session, also while the page goes away; what the server thinks of it is no matter. */
  end(session: WhepSession): void {
    this.http.end(session);
  }

  /** Wishes for a layer. */
  async wish(session: WhepSession, wish: LayerWish): Promise<void> {
    if (session.layer) {
      const body = JSON.stringify(wish);
      await this.http.ask({ url: session.layer, method: "POST", body, type: JSON_TYPE });
    }
  }

  /** Hands over the session's events of *types* until the stream or *signal* ends. */
  async listen(
    session: WhepSession,
    types: readonly string[],
    heard: (event: ServerEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (session.events === null) {
      throw new Unreachable("The server has no events.");
    }
    const url = await this.subscribe(session.events, types);
    const silence = new Silence(signal);
    try {
      const answer = await this.http.fetch(url, {
        headers: this.http.headers({ Accept: "text/event-stream" }),
        cache: "no-store",
        signal: silence.signal,
      });
      if (!answer.ok || !answer.body) {
        throw new Unreachable(`The server’s events answer with status ${answer.status}.`);
      }
      await read(answer.body, silence, heard);
    } finally {
      silence.end();
    }
  }

  /** The stream's own address. */
  private async subscribe(url: string, types: readonly string[]): Promise<string> {
    const body = JSON.stringify(types);
    const { answer } = await this.http.ask({ url, method: "POST", body, type: JSON_TYPE });
    const location = answer.headers.get("Location");
    return location ? new URL(location, answer.url || url).href : url;
  }
}

/** Ends a stream that says nothing any more. */
class Silence {
  private readonly controller = new AbortController();
  private timer = 0;
  private readonly abort = () => this.controller.abort();

  constructor(private readonly outer: AbortSignal) {
    if (outer.aborted) {
      this.abort();
    }
    outer.addEventListener("abort", this.abort);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  heard(): void {
    globalThis.clearTimeout(this.timer);
    this.timer = Number(globalThis.setTimeout(this.abort, SILENCE_MS));
  }

  end(): void {
    globalThis.clearTimeout(this.timer);
    this.outer.removeEventListener("abort", this.abort);
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  silence: Silence,
  heard: (event: ServerEvent) => void,
): Promise<void> {
  const reader = body.getReader();
  const text = new TextDecoder();
  const events = new EventReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    silence.heard();
    for (const event of events.push(text.decode(value, { stream: true }))) {
      heard(event);
    }
  }
}
