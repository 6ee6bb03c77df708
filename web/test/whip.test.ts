import { describe, expect, it } from "vitest";
import { Refused, Unreachable } from "../src/sdp_http";
import { Whip, type WhipSession, withStereo } from "../src/whip";

const OFFER = [
  "v=0",
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=mid:0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:1",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "",
].join("\r\n");

const SESSION: WhipSession = {
  url: "https://live.example/v1/whip/r_a/s1",
  etag: '"one"',
  answer: "v=0\r\na=ice-lite\r\na=ice-ufrag:old1\r\na=ice-pwd:oldoldoldoldoldoldoldold\r\n",
  iceServers: [],
};

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** A server that answers everything with *answer*, and what it was asked. */
function server(answer: () => Response): { whip: Whip; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch = (url: RequestInfo | URL, init: RequestInit = {}) => {
    asked.push({ url: String(url), init });
    try {
      return Promise.resolve(answer());
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return { whip: new Whip("https://live.example/v1/whip/r_a", "secret", fetch), asked };
}

const created = (headers: Record<string, string>) => () =>
  new Response("answer", { status: 201, headers });

describe("a WHIP session", () => {
  it("begins with a POST of the offer and the token", async () => {
    const { whip, asked } = server(created({ Location: "/v1/whip/r_a/s1", ETag: '"one"' }));

    const session = await whip.offer(OFFER);

    expect(session).toEqual({
      url: "https://live.example/v1/whip/r_a/s1",
      etag: '"one"',
      answer: "answer",
      iceServers: [],
    });
    expect(asked[0]?.init.method).toBe("POST");
    expect(asked[0]?.init.headers).toEqual({
      Authorization: "Bearer secret",
      "Content-Type": "application/sdp",
    });
    expect(asked[0]?.init.body).toBe(withStereo(OFFER));
  });

  it("does not begin without a Location", async () => {
    await expect(server(created({})).whip.offer(OFFER)).rejects.toThrow(Unreachable);
  });

  it("is refused with the server's status and sentence", async () => {
    const { whip } = server(() => new Response('{"detail":"it expired"}', { status: 401 }));

    const refusal = await whip.offer(OFFER).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(Refused);
    expect(refusal).toMatchObject({
      status: 401,
      message: "A token is needed to publish in this room. (it expired)",
    });
  });

  it("is unreachable when the network is", async () => {
    const { whip } = server(() => {
      throw new TypeError("failed to fetch");
    });

    await expect(whip.offer(OFFER)).rejects.toThrow("The server cannot be reached.");
  });

  it("restarts ICE by a PATCH of its own fragment with If-Match: *", async () => {
    const fragment = "a=ice-lite\r\na=ice-ufrag:new1\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n";
    const { whip, asked } = server(() => new Response(fragment, { headers: { ETag: '"two"' } }));

    const session = await whip.restart(SESSION, OFFER);

    expect(session.etag).toBe('"two"');
    expect(session.answer).toContain("a=ice-ufrag:new1\r\n");
    expect(session.answer).not.toContain("old");
    expect(asked[0]?.init.method).toBe("PATCH");
    expect(asked[0]?.init.headers).toMatchObject({
      "If-Match": "*",
      "Content-Type": "application/trickle-ice-sdpfrag",
    });
  });

  it("ends by a DELETE that outlives the page, whatever becomes of it", () => {
    const { whip, asked } = server(() => {
      throw new TypeError("gone");
    });

    whip.end(SESSION);

    expect(asked[0]?.url).toBe(SESSION.url);
    expect(asked[0]?.init).toMatchObject({ method: "DELETE", keepalive: true });
  });
});

describe("the SDP", () => {
  it("says that Opus is stereo, once", () => {
    const stereo = "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n";

    expect(withStereo(OFFER)).toContain(stereo);
    expect(withStereo(withStereo(OFFER))).toBe(withStereo(OFFER));
    expect(withStereo("v=0\r\n")).toBe("v=0\r\n");
  });
});
