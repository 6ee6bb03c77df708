/**
 * What the player shows, and what it does next: a pure state machine.
 *
 * Comes in: the state and what happened. Goes out: the next state, with words for the viewer and
 * the one thing to do now. It owns no timer and no player.
 */

import type { Backoff } from "../backoff";

export type Phase =
  | "connecting"
  | "waiting"
  | "live"
  | "stalled"
  | "reconnecting"
  | "ended"
  /** Another token may open it. */
  | "locked"
  | "failed";

/** What the shell must do on entering a state. */
export type Action =
  | "none"
  /** Load the playlist anew after `backoff`. */
  | "reload"
  /** Ask hls.js to rebuild the decoder, at once. */
  | "recover"
  /** Let go of what plays, at once. */
  | "stop"
  /** Ask after `backoff` whether the room broadcasts again. */
  | "poll";

export interface State {
  readonly phase: Phase;
  readonly action: Action;
  /** Tries since it last played. */
  readonly attempt: number;
  readonly backoff: Backoff;
  /** Something was shown in this visit. */
  readonly shown: boolean;
  readonly title: string;
  readonly detail: string;
}

export type Happening =
  | { readonly type: "playing" }
  | { readonly type: "stalled" }
  /** The server has no playlist of this room. */
  | { readonly type: "missing" }
  | { readonly type: "refused"; readonly code: string; readonly detail: string }
  | { readonly type: "network" }
  | { readonly type: "media" }
  | { readonly type: "ended" }
  | { readonly type: "unsupported" }
  | { readonly type: "retrying" };

/** A broadcast that begins is seen within four seconds. */
const WAITING: Backoff = { first: 1000, factor: 1.3, longest: 4000 };
const NETWORK: Backoff = { first: 500, factor: 2, longest: 10_000 };
const ENDED: Backoff = { first: 2000, factor: 1.5, longest: 10_000 };
/** Rebuilding the decoder is tried so often before the player is loaded anew. */
const RECOVERIES = 2;

export const START: State = {
  phase: "connecting",
  action: "none",
  attempt: 0,
  backoff: NETWORK,
  shown: false,
  title: "Connecting…",
  detail: "",
};

/** The state after *happening*. */
export function next(state: State, happening: Happening): State {
  switch (happening.type) {
    case "playing":
      return { ...START, phase: "live", shown: true, title: "Live" };
    case "stalled":
      return stalled(state);
    case "missing":
      return state.shown ? ended(state) : waiting(state);
    case "network":
      return lost(state);
    case "media":
      return broken(state);
    case "ended":
      return ended(state);
    case "refused":
      return refused(state, happening.code, happening.detail);
    case "unsupported":
      return failed(state, "This browser cannot play the broadcast", UNSUPPORTED);
    case "retrying":
      return { ...state, action: "none" };
  }
}

const UNSUPPORTED =
  "It has neither Media Source Extensions nor HLS. A current version of any browser will do.";

/** Why another token is asked for, and what is said besides; null: what the server says. */
const LOCKED: ReadonlyMap<string, readonly [title: string, detail: string | null]> = new Map([
  ["token_missing", ["This room needs a token", "Paste the one that you were given."]],
  ["token_invalid", ["The token is not good any more", null]],
  ["token_revoked", ["You were removed from this room", "With another token you may come back."]],
  ["capability_missing", ["This token does not let you watch this room", null]],
]);

function refused(state: State, code: string, detail: string): State {
  if (code === "room_ended") {
    // It does not come back: nobody has to ask again.
    return { ...state, phase: "ended", action: "none", title: ENDED_TITLE, detail: ROOM_ENDED };
  }
  if (code === "room_full") {
    return { ...failed(state, "The room is full", detail), action: "stop" };
  }
  const [title, ours] = LOCKED.get(code) ?? ["You may not watch this room", null];
  return { ...state, phase: "locked", action: "stop", title, detail: ours ?? detail };
}

const ENDED_TITLE = "The broadcast has ended";
const ROOM_ENDED = "Its room is closed.";

function stalled(state: State): State {
  return state.phase === "live"
    ? { ...state, phase: "stalled", action: "none", title: "Buffering…", detail: "" }
    : state;
}

function waiting(state: State): State {
  return {
    ...again(state, "waiting"),
    action: "reload",
    backoff: WAITING,
    title: "The broadcast has not started yet",
    detail: "It will play here by itself as soon as it does.",
  };
}

function ended(state: State): State {
  return {
    ...again(state, "ended"),
    action: "poll",
    backoff: ENDED,
    title: ENDED_TITLE,
    detail: "If it starts again, it will play here.",
  };
}

function lost(state: State): State {
  return {
    ...again(state, "reconnecting"),
    action: "reload",
    backoff: NETWORK,
    title: state.shown ? "The connection was lost" : "The server cannot be reached",
    detail: "Trying again…",
  };
}

function broken(state: State): State {
  const words = { title: "The picture could not be decoded", detail: "Trying again…" };
  const broken = again(state, "reconnecting");
  return broken.attempt < RECOVERIES
    ? { ...broken, ...words, action: "recover", backoff: NETWORK }
    : { ...broken, ...words, action: "reload", backoff: NETWORK };
}

function failed(state: State, title: string, detail: string): State {
  return { ...state, phase: "failed", action: "none", title, detail };
}

function again(state: State, phase: Phase): State {
  return { ...state, phase, attempt: state.phase === phase ? state.attempt + 1 : 0 };
}
