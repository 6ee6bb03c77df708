import { describe, expect, it } from "vitest";
import { Refused, Unreachable } from "../src/sdp_http";
import type { ServerEvent } from "../src/sse";
import { Whep, type WhepSession } from "../src/whep";

const ENDPOINT = "https://live.example/v1/whep/r_a";
const SESSION: WhepSession = {
  url: `${ENDPOINT}/w_1`,
  etag: '"one"',
  answer: "v=0\r\na=ice-ufrag:old1\r\na=ice-pwd:oldoldoldoldoldoldoldold\r\n",
  iceServers: [],
  events: `${ENDPOINT}/w_1/events`,
  layer: `${ENDPOINT}/w_1/layer`,
};
const LINKS = [
  '<stun:stun.example>; rel="ice-server"',
  '</v1/whep/r_a/w_1/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="a,b"',
  '</v1/whep/r_a/w_1/layer>; rel="urn:ietf:params:whep:ext:core:layer"',
].join(", ");

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** A server that gives *answers* in turn, and what it was asked. */
function server(...answers: Response[]): { whep: Whep; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch = (url: RequestInfo | URL, init: RequestInit = {}) => {
    asked.push({ url: String(url), init });
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError("failed to fetch"));
  };
  return { whep: new Whep(ENDPOINT, "secret", fetch), asked };
}

const never = () => new AbortController().signal;

describe("a WHEP session", () => {
  it("begins with a POST, and knows where its extensions are", async () => {
    const headers = { Location: "/v1/whep/r_a/w_1", ETag: '"one"', Link: LINKS };
    const { whep, asked } = server(new Response("answer", { status: 201, headers }));

    expect(await whep.offer("offer")).toEqual({
      ...SESSION,
      answer: "answer",
      iceServers: [{ urls: "stun:stun.example" }],
    });
    expect(asked[0]).toMatchObject({
      url: ENDPOINT,
      init: { method: "POST", body: "offer", headers: { Authorization: "Bearer secret" } },
    });
  });

  it("may have no extensions", async () => {
    const { whep, asked } = server(
      new Response("answer", { status: 201, headers: { Location: "w_1" } }),
    );
    const session = await whep.offer("offer");

    expect(session).toMatchObject({ url: `${ENDPOINT.replace("r_a", "w_1")}`, events: null });
    await whep.wish(session, { mediaId: "0" });
    expect(asked).toHaveLength(1);
    await expect(whep.listen(session, [], () => undefined, never())).rejects.toThrow(Unreachable);
  });

  it("restarts ICE and ends as a WHIP session does", async () => {
    const fragment = "a=ice-ufrag:new1\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n";
    const { whep, asked } = server(new Response(fragment), new Response(""));

    const restarted = await whep.restart(SESSION, "a=ice-ufrag:x\r\n");
    whep.end(restarted);

    expect(restarted).toMatchObject({ events: SESSION.events, layer: SESSION.layer });
    expect(restarted.answer).toContain("a=ice-ufrag:new1\r\n");
    expect(asked.map(({ init }) => init.method)).toEqual(["PATCH", "DELETE"]);
  });

  it("says what it wishes for a slot", async () => {
    const { whep, asked } = server(new Response(null, { status: 204 }));

    await whep.wish(SESSION, { mediaId: "3", encodingId: "m" });

    expect(asked[0]).toMatchObject({
      url: SESSION.layer,
      init: { method: "POST", body: '{"mediaId":"3","encodingId":"m"}' },
    });
  });

  it("is refused in words of who watches", async () => {
    const { whep } = server(new Response("{}", { status: 404 }));
    const refused = await whep.offer("offer").catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ message: "The server has no such room, or no stage." });
  });
});

describe("the events of a session", () => {
  it("are asked for by name, and come until the stream ends", async () => {
    const heard: ServerEvent[] = [];
    const { whep, asked } = server(
      new Response("", { status: 201, headers: { Location: "/v1/whep/r_a/w_1/events/e" } }),
      new Response("event: tracks\ndata: []\n\nevent: speaker\ndata: {}\n\n"),
    );

    await whep.listen(SESSION, ["tracks", "speaker"], (event) => heard.push(event), never());

    expect(heard.map(({ type }) => type)).toEqual(["tracks", "speaker"]);
    expect(asked[0]?.init.body).toBe('["tracks","speaker"]');
    expect(asked[1]).toMatchObject({
      url: "https://live.example/v1/whep/r_a/w_1/events/e",
      init: { headers: { Authorization: "Bearer secret", Accept: "text/event-stream" } },
    });
  });

  it("end with an error when the server has none any more", async () => {
    const { whep } = server(new Response(""), new Response("", { status: 404 }));

    await expect(whep.listen(SESSION, [], () => undefined, never())).rejects.toThrow("404");
  });
});
