import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Unsupported } from "../src/connection";
import type { State } from "../src/connection_state";
import { elsewhere, Keeper, type Leg, type Report } from "../src/keeper";
import { Refused, Unreachable } from "../src/sdp_http";

/** A connection of which the test decides what becomes. */
class FakeLeg implements Leg {
  calls: string[] = [];

  constructor(
    readonly endpoint: string,
    readonly report: Report,
    private readonly error: Error | undefined,
  ) {}

  start(): Promise<void> {
    this.calls.push("start");
    return this.error ? Promise.reject(this.error) : Promise.resolve();
  }

  restart(): Promise<void> {
    this.calls.push("restart");
    return this.error ? Promise.reject(this.error) : Promise.resolve();
  }

  close(): void {
    this.calls.push("close");
  }
}

const HOME = "/v1/whep/r_a";

/** A keeper whose connections fail with *errors* in turn, then no more. */
function keeping(...errors: (Error | undefined)[]) {
  const legs: FakeLeg[] = [];
  const states: State[] = [];
  const make = (endpoint: string, report: Report) => {
    const leg = new FakeLeg(endpoint, report, errors.shift());
    legs.push(leg);
    return leg;
  };
  const keeper = new Keeper(HOME, make, (state) => states.push(state));
  keeper.happened({ type: "go" });
  return { keeper, legs, states };
}

const full = (alternate: string | null) => new Refused(503, "", "watch", alternate);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a kept connection", () => {
  it("is made once, and restarted over the same session when it is lost", async () => {
    const { keeper, legs } = keeping();
    await vi.advanceTimersByTimeAsync(0);
    legs[0]?.report(true);
    legs[0]?.report(false);

    expect(legs).toHaveLength(1);
    expect(legs[0]?.calls).toEqual(["start", "restart"]);
    expect(keeper.state.phase).toBe("reconnecting");
  });

  it("is restarted when the network changes, but only while it is there", async () => {
    const { keeper, legs } = keeping();
    keeper.networkChanged();
    await vi.advanceTimersByTimeAsync(0);
    legs[0]?.report(true);
    keeper.networkChanged();

    expect(legs[0]?.calls).toEqual(["start", "restart"]);
  });

  it("is made anew, after a while, when a restart does not help", async () => {
    const { legs } = keeping();
    await vi.advanceTimersByTimeAsync(0);
    legs[0]?.report(true);
    legs[0]?.report(false);
    legs[0]?.report(false);

    expect(legs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(legs).toHaveLength(2);
    expect(legs[0]?.calls.at(-1)).toBe("close");
  });

  it("follows to the node that a full one names, and starts from home when that is lost", async () => {
    const { legs } = keeping(full("https://b.example"));
    await vi.advanceTimersByTimeAsync(1);
    legs[1]?.report(true);
    legs[1]?.report(false);
    legs[1]?.report(false);
    await vi.advanceTimersByTimeAsync(500);

    expect(legs.map(({ endpoint }) => endpoint)).toEqual([
      HOME,
      "https://b.example/v1/whep/r_a",
      HOME,
    ]);
  });

  it("says in words why it failed", async () => {
    const errors = [full(null), new Unreachable("gone"), new Unsupported("no AV1"), new Error("x")];
    const said = [];
    for (const error of errors) {
      const { states } = keeping(error);
      await vi.advanceTimersByTimeAsync(0);
      said.push(states.at(-1)?.error);
    }

    expect(said).toEqual([
      "The server is full or going down; try again soon.",
      "gone",
      "no AV1",
      "The browser cannot connect: x",
    ]);
  });

  it("does not hear what a connection says that was thrown away", async () => {
    const { keeper, legs } = keeping();
    await vi.advanceTimersByTimeAsync(0);
    keeper.happened({ type: "stop" });
    legs[0]?.report(true);

    expect(keeper.state.phase).toBe("idle");
  });
});

describe("another node", () => {
  it("is asked for the same, unless it is named with a path", () => {
    expect(elsewhere("https://b.example", HOME)).toBe("https://b.example/v1/whep/r_a");
    expect(elsewhere("https://b.example/v1/whep/r_x", HOME)).toBe("https://b.example/v1/whep/r_x");
  });
});
