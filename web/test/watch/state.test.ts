import { describe, expect, it } from "vitest";
import { type Happening, next, START, type State } from "../../src/watch/state";

const reach = (...happenings: Happening[]): State => happenings.reduce(next, START);
const LIVE = reach({ type: "playing" });

describe("the player", () => {
  it("waits for a broadcast that has not begun, and keeps asking", () => {
    const state = reach({ type: "missing" }, { type: "retrying" }, { type: "missing" });

    expect(state).toMatchObject({ phase: "waiting", action: "reload", attempt: 1 });
    expect(state.title).toBe("The broadcast has not started yet");
  });

  it("is live when it plays, and forgets its tries", () => {
    expect(reach({ type: "network" }, { type: "network" }, { type: "playing" })).toMatchObject({
      phase: "live",
      attempt: 0,
      action: "none",
    });
  });

  it("buffers only while it is live", () => {
    expect(next(LIVE, { type: "stalled" }).phase).toBe("stalled");
    expect(next(START, { type: "stalled" })).toBe(START);
    expect(next(reach({ type: "missing" }), { type: "stalled" }).phase).toBe("waiting");
  });

  it("says that a broadcast has ended, and asks whether it begins again", () => {
    const state = next(LIVE, { type: "ended" });

    expect(state).toMatchObject({ phase: "ended", action: "poll" });
    expect(next(state, { type: "ended" }).attempt).toBe(1);
  });

  it("takes a playlist that vanished after it played for the end", () => {
    expect(next(LIVE, { type: "missing" }).phase).toBe("ended");
  });

  it("reloads after a broken connection, ever more patiently", () => {
    const state = next(next(LIVE, { type: "network" }), { type: "network" });

    expect(state).toMatchObject({ phase: "reconnecting", action: "reload", attempt: 1 });
    expect(state.title).toBe("The connection was lost");
    expect(reach({ type: "network" }).title).toBe("The server cannot be reached");
  });

  it("rebuilds the decoder twice before it loads anew", () => {
    const actions: string[] = [];
    let state = LIVE;
    for (let count = 0; count < 4; count++) {
      state = next(state, { type: "media" });
      actions.push(state.action);
    }

    expect(actions).toEqual(["recover", "recover", "reload", "reload"]);
  });

  it.each([
    ["token_missing", "This room needs a token"],
    ["token_invalid", "The token is not good any more"],
    ["token_revoked", "You were removed from this room"],
    ["capability_missing", "This token does not let you watch this room"],
    ["something_new", "You may not watch this room"],
  ])("asks for another token after %s, and plays no longer", (code, title) => {
    const state = next(LIVE, { type: "refused", code, detail: "what the server says" });

    expect(state).toMatchObject({ phase: "locked", action: "stop", title });
    expect(state.detail).not.toBe("");
    expect(next(state, { type: "stalled" }).phase).toBe("locked");
  });

  it("says that the room is full, and offers another try", () => {
    const state = next(START, { type: "refused", code: "room_full", detail: "it takes 2" });

    expect(state).toMatchObject({ phase: "failed", title: "The room is full" });
    expect(state.detail).toBe("it takes 2");
  });

  it("asks no more when the room has ended for good", () => {
    const state = next(LIVE, { type: "refused", code: "room_ended", detail: "" });

    expect(state).toMatchObject({
      phase: "ended",
      action: "none",
      title: "The broadcast has ended",
    });
  });

  it("gives up with a sentence when it cannot play", () => {
    expect(next(START, { type: "unsupported" }).title).toBe(
      "This browser cannot play the broadcast",
    );
  });

  it("does nothing twice while a try runs", () => {
    expect(next(next(LIVE, { type: "network" }), { type: "retrying" }).action).toBe("none");
  });
});
