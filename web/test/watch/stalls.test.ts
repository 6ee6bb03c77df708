import { describe, expect, it } from "vitest";
import { Stalls } from "../../src/watch/stalls";

describe("stalls", () => {
  it("are counted and timed after the first picture", () => {
    const stalls = new Stalls();
    stalls.waiting(0);
    stalls.playing(500);
    stalls.waiting(1000);
    stalls.playing(1250);

    expect(stalls.count).toBe(1);
    expect(stalls.totalMs(9000)).toBe(250);
  });

  it("are counted once, however often the browser says so", () => {
    const stalls = new Stalls();
    stalls.playing(0);
    stalls.waiting(100);
    stalls.waiting(200);

    expect(stalls.count).toBe(1);
    expect(stalls.totalMs(400)).toBe(300);
  });

  it("are not the stream's when the viewer caused them", () => {
    const stalls = new Stalls();
    stalls.playing(0);
    stalls.excuse(100);
    stalls.waiting(110);
    stalls.playing(300);
    stalls.waiting(400);

    expect(stalls.count).toBe(1);
    expect(stalls.totalMs(450)).toBe(50);
  });
});
