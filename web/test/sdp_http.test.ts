import { describe, expect, it } from "vitest";
import {
  iceFragment,
  parseIceServers,
  Refused,
  SdpHttp,
  Unreachable,
  withFragment,
} from "../src/sdp_http";

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

const ANSWER = "v=0\r\na=ice-lite\r\na=ice-ufrag:old1\r\na=ice-pwd:oldoldoldoldoldoldoldold\r\n";

/** What asking a server that gives *answer* comes to. */
function refusal(answer: Response): Promise<unknown> {
  const http = new SdpHttp("https://a.example/v1/whep/r_a", "t", "watch", () =>
    Promise.resolve(answer),
  );
  return http.offer(OFFER).catch((error: unknown) => error);
}

describe("a refusal", () => {
  it("names the node that its Link field names", async () => {
    const link = '<https://b.example/v1/whep/r_a>; rel="alternate"';
    const refused = await refusal(new Response("", { status: 503, headers: { Link: link } }));

    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 503, alternate: "https://b.example/v1/whep/r_a" });
  });

  it("names the node that the problem names", async () => {
    const body = JSON.stringify({ code: "node_full", alternate: "https://b.example" });

    expect(await refusal(new Response(body, { status: 503 }))).toMatchObject({
      alternate: "https://b.example/",
    });
  });

  it("names none unless the node is too busy", async () => {
    const body = JSON.stringify({ alternate: "https://b.example" });

    expect(await refusal(new Response(body, { status: 403 }))).toMatchObject({
      alternate: null,
      message: "This token does not allow watching in this room.",
    });
    expect(await refusal(new Response("<html>", { status: 503 }))).toMatchObject({
      alternate: null,
    });
  });
});

describe("the SDP of a restart", () => {
  it("gives its ICE session as a fragment", () => {
    expect(iceFragment(OFFER)).toBe(
      "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\n" +
        "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
    );
  });

  it("takes no fragment without credentials", () => {
    expect(() => withFragment(ANSWER, "a=ice-lite\r\n")).toThrow(Unreachable);
  });
});

describe("a Link field", () => {
  it("names ICE servers, with credentials that are quoted", () => {
    const link =
      '<stun:stun.example>; rel="ice-server", ' +
      '<turn:turn.example?transport=udp>; rel="ice-server"; username="u,1"; ' +
      'credential="a\\"b"; credential-type="password", <https://other.example>; rel="next"';

    expect(parseIceServers(link)).toEqual([
      { urls: "stun:stun.example" },
      { urls: "turn:turn.example?transport=udp", username: "u,1", credential: 'a"b' },
    ]);
  });

  it("may be absent", () => {
    expect(parseIceServers("")).toEqual([]);
  });
});
