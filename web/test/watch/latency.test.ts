import { describe, expect, it } from "vitest";
import { LatencyControl, type Situation } from "../../src/watch/latency";

const HOLD_BACK = 1.536;

function at(nowMs: number, changes: Partial<Situation> = {}): Situation {
  return { nowMs, latency: HOLD_BACK, buffer: 1.2, holdBack: HOLD_BACK, stalls: 0, ...changes };
}

/** Plays for *seconds* from *latency* on, ten looks a second; gives the latency at the end. */
function play(control: LatencyControl, seconds: number, latency: number, buffer = 1.2): number {
  let behind = latency;
  for (let tick = 1; tick <= seconds * 10; tick++) {
    behind -= (control.rate(at(tick * 100, { latency: behind, buffer })) - 1) * 0.1;
  }
  return behind;
}

describe("the distance to the live edge", () => {
  it("is kept at normal speed when it is right", () => {
    expect(new LatencyControl().rate(at(100))).toBe(1);
  });

  it("is won back within fifteen seconds, and never passed", () => {
    const behind = play(new LatencyControl(), 15, HOLD_BACK + 1);

    expect(behind).toBeGreaterThan(HOLD_BACK - 0.03);
    expect(behind).toBeLessThan(HOLD_BACK + 0.1);
  });

  it("is won back gently: voices stay voices", () => {
    const control = new LatencyControl();

    expect(control.rate(at(100, { latency: HOLD_BACK + 0.5 }))).toBeLessThanOrEqual(1.1);
    expect(new LatencyControl().rate(at(100, { latency: HOLD_BACK + 3 }))).toBeLessThanOrEqual(1.2);
  });

  it("is not won back at the buffer's cost", () => {
    expect(new LatencyControl().rate(at(100, { latency: 3, buffer: 0.4 }))).toBe(1);
  });

  it("grows a little, unheard, rather than let the picture stand", () => {
    expect(new LatencyControl().rate(at(100, { buffer: 0.1 }))).toBe(0.95);
  });

  it("does not follow the steps with which playlists arrive", () => {
    const control = new LatencyControl();
    const rates = [0, 0.1, -0.05, 0.12, 0, 0.1].map((noise, tick) =>
      control.rate(at(100 * tick, { latency: HOLD_BACK + noise - 0.05 })),
    );

    expect(new Set(rates)).toEqual(new Set([1]));
  });

  it("is larger after stalls, within bounds, and comes back when there are none", () => {
    const control = new LatencyControl();
    control.rate(at(0, { stalls: 2 }));
    expect(control.target(HOLD_BACK)).toBeCloseTo(HOLD_BACK + 0.5);
    control.rate(at(100, { stalls: 50 }));
    expect(control.target(HOLD_BACK)).toBeCloseTo(HOLD_BACK + 1);
    for (let seconds = 1; seconds < 120; seconds++) {
      control.rate(at(seconds * 1000, { stalls: 50 }));
    }
    expect(control.target(HOLD_BACK)).toBe(HOLD_BACK);
  });

  it("is measured anew after a seek", () => {
    const control = new LatencyControl();
    control.rate(at(0, { latency: 5 }));
    control.reset();

    expect(control.rate(at(100))).toBe(1);
  });
});
