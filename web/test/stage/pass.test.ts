import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pass } from "../../src/stage/pass";

/** A token that lives from second *iat* for 100 s. */
function token(iat: number): string {
  return `h.${btoa(JSON.stringify({ iat, exp: iat + 100 }))}.s`;
}

/** A pass whose renewals are answered by *answers* in turn, and who asked. */
function pass(...answers: (Response | null)[]): { pass: Pass; asked: string[] } {
  const asked: string[] = [];
  const fetch = (_url: RequestInfo | URL, init: RequestInit = {}) => {
    asked.push(new Headers(init.headers).get("Authorization") ?? "");
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError("no network"));
  };
  return { pass: new Pass(fetch, () => 0), asked };
}

const renewed = (iat: number) => new Response(JSON.stringify({ token: token(iat) }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a pass", () => {
  it("is renewed when most of its life is over", async () => {
    const { pass: held, asked } = pass(renewed(1));
    held.use(token(0));
    await vi.advanceTimersByTimeAsync(79_000);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);

    expect(asked).toEqual([`Bearer ${token(0)}`]);
    expect(held.token()).toBe(token(1));
  });

  it("is tried again when there was no answer, and kept when it is refused", async () => {
    const { pass: held, asked } = pass(null, new Response("{}", { status: 403 }));
    held.use(token(0));
    await vi.advanceTimersByTimeAsync(300_000);

    expect(asked).toHaveLength(2);
    expect(held.token()).toBe(token(0));
  });

  it("that was replaced meanwhile stays replaced", async () => {
    const { pass: held } = pass(renewed(1));
    held.use(token(0));
    vi.advanceTimersByTime(80_000);
    held.use("another");
    await vi.advanceTimersByTimeAsync(0);

    expect(held.token()).toBe("another");
  });
});
