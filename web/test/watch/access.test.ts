import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Access } from "../../src/watch/access";

const ISSUED = 1000;
const token = (name: string): string =>
  `e30.${btoa(JSON.stringify({ iat: ISSUED, exp: ISSUED + 100, name }))}.sig`;

interface Asked {
  readonly path: string;
  readonly token: string;
}

/** A server that answers each POST by *answer*. */
function server(answer: (asked: Asked) => Response | Error) {
  const asked: Asked[] = [];
  const fetch = async (path: unknown, init?: RequestInit): Promise<Response> => {
    const header = new Headers(init?.headers).get("Authorization") ?? "";
    const request = { path: String(path), token: header.replace("Bearer ", "") };
    asked.push(request);
    const response = answer(request);
    if (response instanceof Error) {
      throw response;
    }
    return response;
  };
  const access = new Access("r_a", fetch as typeof globalThis.fetch, () => ISSUED * 1000);
  return { access, asked };
}

const yes = () => new Response(null, { status: 204 });
const no = (status: number, code: string) =>
  new Response(JSON.stringify({ code, detail: "no" }), { status });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the way in", () => {
  it("asks nobody without a token", async () => {
    const { access, asked } = server(yes);

    expect(await access.enter()).toBeNull();
    expect(asked).toEqual([]);
  });

  it("trades a token once", async () => {
    const { access, asked } = server(yes);
    access.use("t");

    expect(await access.enter()).toBeNull();
    expect(await access.enter()).toBeNull();
    expect(asked).toEqual([{ path: "/live/r_a/access", token: "t" }]);
  });

  it("says why a token opens nothing, and tries again when asked", async () => {
    const answers = [no(409, "room_full"), yes()];
    const { access } = server(() => answers.shift() ?? yes());
    access.use("t");

    expect(await access.enter()).toEqual({ type: "refused", code: "room_full", detail: "no" });
    expect(await access.enter()).toBeNull();
  });

  it("takes silence for a broken way", async () => {
    const { access } = server(() => new Error("offline"));
    access.use("t");

    expect(await access.enter()).toEqual({ type: "network" });
  });
});

describe("a token in use", () => {
  const renewing = (renewed: () => Response | Error) =>
    server(({ path }) => (path.endsWith("/renew") ? renewed() : yes()));

  it("is renewed when four fifths of its life are over, and traded again", async () => {
    const next = token("second");
    const { access, asked } = renewing(() => new Response(JSON.stringify({ token: next })));
    access.use(token("first"));
    await access.enter();
    await vi.advanceTimersByTimeAsync(79_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);

    expect(asked.slice(1)).toEqual([
      { path: "/v1/auth/tokens/renew", token: token("first") },
      { path: "/live/r_a/access", token: next },
    ]);
  });

  it("is renewed later when nobody answers", async () => {
    const answers: (Response | Error)[] = [new Error("offline"), no(503, "unavailable")];
    const { access, asked } = renewing(
      () => answers.shift() ?? new Response(JSON.stringify({ token: token("second") })),
    );
    access.use(token("first"));
    await access.enter();
    await vi.advanceTimersByTimeAsync(100_500);

    expect(asked.at(-1)).toEqual({ path: "/live/r_a/access", token: token("second") });
  });

  it("is not renewed once the server says no", async () => {
    const { access, asked } = renewing(() => no(409, "room_ended"));
    access.use(token("first"));
    await access.enter();
    await vi.advanceTimersByTimeAsync(500_000);

    expect(asked).toHaveLength(2);
    expect(await access.enter()).toBeNull();
  });
});
