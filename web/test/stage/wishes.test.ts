import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AUTO, PAUSED, Wishes } from "../../src/stage/wishes";
import type { LayerWish } from "../../src/whep";

function wishing(): { wishes: Wishes; told: LayerWish[] } {
  const told: LayerWish[] = [];
  return { wishes: new Wishes((wish) => told.push(wish)), told };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a size", () => {
  it("is told once it stands still, in steps", () => {
    const { wishes, told } = wishing();
    for (const width of [600, 500, 401]) {
      wishes.show("0", { width, height: 225 });
    }
    expect(told).toEqual([]);
    vi.runAllTimers();

    expect(told).toEqual([{ mediaId: "0", maxWidth: 416, maxHeight: 240 }]);
  });

  it("is not told again unless it is another, or the session is", () => {
    const { wishes, told } = wishing();
    for (const width of [401, 402]) {
      wishes.show("0", { width, height: 225 });
      vi.runAllTimers();
    }
    expect(told).toHaveLength(1);

    wishes.reset();
    vi.runAllTimers();
    expect(told).toHaveLength(2);
  });
});

describe("a choice", () => {
  it("is told at once, and stands whatever the size becomes", () => {
    const { wishes, told } = wishing();
    wishes.choose("0", "l");
    wishes.show("0", { width: 1280, height: 720 });
    vi.runAllTimers();

    expect(told).toEqual([{ mediaId: "0", encodingId: "l" }]);
    expect(wishes.choice("0")).toBe("l");
  });

  it("may be none, and may be no picture", () => {
    const { wishes, told } = wishing();
    wishes.show("0", { width: 64, height: 32 });
    wishes.choose("0", PAUSED);
    wishes.choose("0", AUTO);

    expect(told).toEqual([
      { mediaId: "0", paused: true },
      { mediaId: "0", maxWidth: 64, maxHeight: 32 },
    ]);
  });

  it("is about who was there, not about who comes next", () => {
    const { wishes } = wishing();
    wishes.choose("0", "l");
    wishes.forget("0");

    expect(wishes.choice("0")).toBe(AUTO);
  });
});
