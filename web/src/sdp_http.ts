/**
 * What WHIP (RFC 9725) and WHEP have in common: SDP over HTTP, and sessions that can be restarted
 * and ended.
 *
 * Comes in: an offer. Goes out: an answer, or an error in words for people. It owns no peer
 * connection and tries nothing twice.
 */

import { linked, parseLinks } from "./link";
import { codeOf, type Doing, sentence } from "./problem";

export const SDP = "application/sdp";
export const FRAGMENT = "application/trickle-ice-sdpfrag";

/** For an answer; a server that is well takes milliseconds. */
const TIMEOUT_MS = 10_000;

/** The server said no. */
export class Refused extends Error {
  readonly code: string;

  constructor(
    readonly status: number,
    body: string,
    doing: Doing = "publish",
    /** Another node that should be asked instead; null when none was named. */
    readonly alternate: string | null = null,
  ) {
    super(sentence(status, body, doing));
    this.code = codeOf(body);
  }
}

/** The server said nothing, or nothing that can be used. */
export class Unreachable extends Error {}

export interface SdpSession {
  readonly url: string;
  readonly etag: string;
  readonly answer: string;
  readonly iceServers: readonly RTCIceServer[];
}

export interface Question {
  readonly url: string;
  readonly method: string;
  readonly body: string;
  readonly type: string;
  readonly headers?: Record<string, string>;
}

type Fetch = typeof fetch;
/** A token, or whoever knows the one that is good now. */
export type Token = string | (() => string);

export class SdpHttp {
  constructor(
    readonly endpoint: string,
    private readonly token: Token,
    private readonly doing: Doing,
    readonly fetch: Fetch = (...request) => window.fetch(...request),
  ) {}

  /** Offers; gives the session that the server made of it, and the answer's own fields. */
  async offer(sdp: string): Promise<{ session: SdpSession; headers: Headers }> {
    const asked = { url: this.endpoint, method: "POST", body: sdp, type: SDP };
    const { answer, body } = await this.ask(asked);
    const location = answer.headers.get("Location");
    // RFC 9725 §4.2: a 201 has "a Location header field pointing to the newly created WHIP
    // session", which may be relative to the endpoint. WHEP §4.2 says the same.
    if (answer.status !== 201 || !location) {
      throw new Unreachable("The server’s answer names no session; it is neither WHIP nor WHEP.");
    }
    const session = {
      url: new URL(location, answer.url || this.endpoint).href,
      etag: answer.headers.get("ETag") ?? "",
      answer: body,
      iceServers: parseIceServers(answer.headers.get("Link") ?? ""),
    };
    return { session, headers: answer.headers };
  }

  /** Restarts ICE; gives the session with its new answer. */
  async restart<T extends SdpSession>(session: T, offer: string): Promise<T> {
    const { answer, body } = await this.ask({
      url: session.url,
      method: "PATCH",
      body: iceFragment(offer),
      type: FRAGMENT,
      // RFC 9725 §4.3.3: an ICE restart's If-Match is "*".
      headers: { "If-Match": "*" },
    });
    // RFC 9725 §4.3.3: the 200 has the new ICE username fragment and password.
    if (answer.status !== 200) {
      throw new Unreachable("The server does not restart ICE.");
    }
    const etag = answer.headers.get("ETag") ?? session.etag;
    return { ...session, etag, answer: withFragment(session.answer, body) };
  }

  /** Ends the session, also while the page goes away; what the server thinks of it is no matter. */
  end(session: SdpSession): void {
    void this.fetch(session.url, {
      method: "DELETE",
      headers: this.headers({}),
      keepalive: true,
    }).catch(() => undefined);
  }

  async ask(question: Question): Promise<{ answer: Response; body: string }> {
    const { url, method, body, type, headers = {} } = question;
    let answer: Response;
    let text: string;
    try {
      answer = await this.fetch(url, {
        method,
        body,
        headers: this.headers({ "Content-Type": type, ...headers }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await answer.text();
    } catch {
      throw new Unreachable("The server cannot be reached.");
    }
    if (!answer.ok) {
      const elsewhere = alternate(answer, text, answer.url || url);
      // Without a token the server explains headers to programs; people just need one.
      throw new Refused(answer.status, this.now() ? text : "", this.doing, elsewhere);
    }
    return { answer, body: text };
  }

  /** RFC 9725 §4.7.1: the token goes with every request, to the session too. */
  headers(more: Record<string, string>): Record<string, string> {
    const token = this.now();
    return token ? { Authorization: `Bearer ${token}`, ...more } : more;
  }

  private now(): string {
    return typeof this.token === "string" ? this.token : this.token();
  }
}

/** The node that a refusal names: in its `Link`, or as a member of the problem. */
function alternate(answer: Response, body: string, base: string): string | null {
  const link = linked(answer.headers.get("Link") ?? "", "alternate", base);
  if (answer.status !== 503 || link) {
    return answer.status === 503 ? link : null;
  }
  try {
    const problem: { alternate?: unknown } | null = JSON.parse(body);
    const named = problem?.alternate;
    return typeof named === "string" && URL.canParse(named, base)
      ? new URL(named, base).href
      : null;
  } catch {
    // Some proxy's own page: it names nobody.
    return null;
  }
}

/** The ICE session of an offer, as the body of a PATCH (RFC 8840 §9). */
export function iceFragment(offer: string): string {
  const lines = offer.split(/\r?\n/);
  const first = (start: string) => lines.filter((line) => line.startsWith(start)).slice(0, 1);
  return [
    ...first("a=group:BUNDLE"),
    ...first("m="),
    ...first("a=mid:"),
    ...first("a=ice-ufrag:"),
    ...first("a=ice-pwd:"),
    "",
  ].join("\r\n");
}

/** *answer* with the ICE session of *fragment*, in every m-line. */
export function withFragment(answer: string, fragment: string): string {
  const value = (name: string) => new RegExp(`^a=${name}:(.+)$`, "m").exec(fragment)?.[1];
  const [ufrag, password] = [value("ice-ufrag"), value("ice-pwd")];
  if (!ufrag || !password) {
    throw new Unreachable("The server’s answer to the ICE restart has no credentials.");
  }
  return answer
    .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}`)
    .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}`);
}

/** ICE servers of the `Link` fields of an answer (RFC 9725 §4.6). */
export function parseIceServers(link: string): RTCIceServer[] {
  return parseLinks(link)
    .filter(({ parameters }) => parameters.get("rel") === "ice-server")
    .map(({ url, parameters }) => {
      const username = parameters.get("username");
      const credential = parameters.get("credential");
      return { urls: url, ...(username && { username }), ...(credential && { credential }) };
    });
}
