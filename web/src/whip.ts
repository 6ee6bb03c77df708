/**
 * A WHIP client (RFC 9725).
 *
 * Comes in: an offer. Goes out: an answer and a session that can be restarted and ended. It owns no
 * peer connection and tries nothing twice.
 */

import { SdpHttp, type SdpSession, type Token } from "./sdp_http";

export type WhipSession = SdpSession;

export class Whip {
  private readonly http: SdpHttp;

  constructor(endpoint: string, token: Token, request?: typeof fetch) {
    this.http = new SdpHttp(endpoint, token, "publish", request);
  }

  /** Offers, and gives the session that the server made of it. */
  async offer(sdp: string): Promise<WhipSession> {
    return (await this.http.offer(withStereo(sdp))).session;
  }

  /** Restarts ICE; gives the session with its new answer. */
  restart(session: WhipSession, offer: string): Promise<WhipSession> {
    return this.http.restart(session, offer);
  }

  /** Ends the session, also while the page goes away; what the server thinks of it is no matter. */
  end(session: WhipSession): void {
    this.http.end(session);
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
