/**
 * A WHIP client (RFC 9725): what goes over HTTP, and the SDP that it needs.
 *
 * Comes in: an offer. Goes out: an answer and a session that can be restarted and ended. It owns no
 * peer connection and tries nothing twice.
 */

import { codeOf, sentence } from "./problem";

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
  ) {
    super(sentence(status, body));
    this.code = codeOf(body);
  }
}

/** The server said nothing, or nothing that can be used. */
export class Unreachable extends Error {}

export interface WhipSession {
  readonly url: string;
  readonly etag: string;
  readonly answer: string;
  readonly iceServers: readonly RTCIceServer[];
}

type Fetch = typeof fetch;

export class Whip {
  constructor(
    private readonly endpoint: string,
    private readonly token: string,
    private readonly fetch: Fetch = (...request) => window.fetch(...request),
  ) {}

  /** Offers, and gives the session that the server made of it. */
  async offer(sdp: string): Promise<WhipSession> {
    const { answer, body } = await this.ask(this.endpoint, "POST", withStereo(sdp), SDP);
    const location = answer.headers.get("Location");
    // RFC 9725 §4.2: a 201 has "a Location header field pointing to the newly created WHIP
    // session", which may be relative to the endpoint.
    if (answer.status !== 201 || !location) {
      throw new Unreachable("The server’s answer is not one of WHIP: it names no session.");
    }
    return {
      url: new URL(location, answer.url || this.endpoint).href,
      etag: answer.headers.get("ETag") ?? "",
      answer: body,
      iceServers: parseIceServers(answer.headers.get("Link") ?? ""),
    };
  }

  /** Restarts ICE; gives the session with its new answer. */
  async restart(session: WhipSession, offer: string): Promise<WhipSession> {
    // RFC 9725 §4.3.3: an ICE restart's If-Match is "*".
    const { answer, body } = await this.ask(session.url, "PATCH", iceFragment(offer), FRAGMENT, {
      "If-Match": "*",
    });
    // RFC 9725 §4.3.3: the 200 has the new ICE username fragment and password.
    if (answer.status !== 200) {
      throw new Unreachable("The server does not restart ICE.");
    }
    const etag = answer.headers.get("ETag") ?? session.etag;
    return { ...session, etag, answer: withFragment(session.answer, body) };
  }

  /** Ends the session, also while the page goes away; what the server thinks of it is no matter. */
  end(session: WhipSession): void {
    void this.fetch(session.url, {
      method: "DELETE",
      headers: this.headers({}),
      keepalive: true,
    }).catch(() => undefined);
  }

  private async ask(
    url: string,
    method: string,
    body: string,
    type: string,
    more: Record<string, string> = {},
  ): Promise<{ answer: Response; body: string }> {
    let answer: Response;
    let text: string;
    try {
      answer = await this.fetch(url, {
        method,
        body,
        headers: this.headers({ "Content-Type": type, ...more }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await answer.text();
    } catch {
      throw new Unreachable("The server cannot be reached.");
    }
    if (!answer.ok) {
      // Without a token the server explains headers to programs; people just need one.
      throw new Refused(answer.status, this.token ? text : "");
    }
    return { answer, body: text };
  }

  /** RFC 9725 §4.7.1: the token goes with every request, to the session too. */
  private headers(more: Record<string, string>): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}`, ...more } : more;
  }
}

/** *sdp* in which Opus is stereo: browsers offer it mono (RFC 7587 §6.1). */
export function withStereo(sdp: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (!payload) {
    return sdp;
  }
  return sdp.replace(new RegExp(`^(a=fmtp:${payload} )([^\r\n]*)`, "m"), (_line, head, rest) => {
    const others = String(rest)
      .split(";")
      .filter((item) => !/^\s*(sprop-)?stereo=/.test(item));
    return `${head}${[...others, "stereo=1", "sprop-stereo=1"].join(";")}`;
  });
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
  const servers: RTCIceServer[] = [];
  for (const [, url = "", rest = ""] of link.matchAll(/<([^>]*)>((?:[^,"]|"(?:\\.|[^"\\])*")*)/g)) {
    const parameters = new Map(
      [...rest.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]+))/g)].map(
        ([, name = "", quoted, plain]) => [name, quoted?.replace(/\\(.)/g, "$1") ?? plain ?? ""],
      ),
    );
    if (parameters.get("rel") === "ice-server") {
      const username = parameters.get("username");
      const credential = parameters.get("credential");
      servers.push({ urls: url, ...(username && { username }), ...(credential && { credential }) });
    }
  }
  return servers;
}
