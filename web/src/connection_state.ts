/**
 * What becomes of a connection to the server, whether it sends or receives: a pure state machine.
 *
 * Comes in: the state and what happened. Goes out: the next state, with words, and the one thing to
 * do now. It owns no connection and no timer.
 */

import type { Backoff } from "./backoff";

export type Phase = "idle" | "connecting" | "live" | "reconnecting" | "failed";

export type Action =
  | "none"
  /** A new session after `backoff`; the first at once. */
  | "offer"
  /** The same session over another network path, at once. */
  | "restart"
  /** End the session and let go of everything. */
  | "end";

export interface State {
  readonly phase: Phase;
  readonly action: Action;
  readonly attempt: number;
  /** Nodes that sent us on to another, one after the other. */
  readonly hops: number;
  /** Media flowed since "go". */
  readonly wasLive: boolean;
  /** What is wrong; empty when nothing is. */
  readonly error: string;
}

export type Happening =
  | { readonly type: "go" }
  | { readonly type: "connected" }
  /** No packet comes through any more, or never did. */
  | { readonly type: "lost" }
  | {
      readonly type: "refused";
      readonly status: number;
      readonly code: string;
      readonly error: string;
    }
  /** The node is full and named another. */
  | { readonly type: "moved"; readonly error: string }
  | { readonly type: "unreachable"; readonly error: string }
  /** Camera or screen went away, or the connection cannot be made at all. */
  | { readonly type: "broken"; readonly error: string }
  | { readonly type: "stop" };

/** Nodes that send us round in a circle are all full. */
const MOST_HOPS = 4;

export const RETRIES: Backoff = { first: 500, factor: 2, longest: 10_000 };

/** Answers that another try does not change. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 406, 413, 415]);
/** A 409 may pass, as when another publisher leaves; a room that has ended does not come back. */
const OVER = "room_ended";

export const IDLE: State = {
  phase: "idle",
  action: "none",
  attempt: 0,
  hops: 0,
  wasLive: false,
  error: "",
};

/** The state after *happening*. */
export function next(state: State, happening: Happening): State {
  if (happening.type === "go") {
    return { ...IDLE, phase: "connecting", action: "offer" };
  }
  if (state.phase === "idle" || state.phase === "failed") {
    return { ...state, action: "none" };
  }
  switch (happening.type) {
    case "connected":
      return { ...IDLE, phase: "live", wasLive: true };
    case "lost":
      return lost(state);
    case "refused":
      return state.wasLive && !FINAL.has(happening.status) && happening.code !== OVER
        ? again(state, happening.error)
        : failed(state, happening.error);
    case "moved":
      return moved(state, happening.error);
    case "unreachable":
      return state.wasLive ? again(state, happening.error) : failed(state, happening.error);
    case "broken":
      return failed(state, happening.error);
    case "stop":
      return { ...IDLE, action: "end" };
  }
}

const NO_MEDIA =
  "The server answered, but no media gets through to it. A firewall may be closing its UDP port.";

function lost(state: State): State {
  if (state.phase === "live") {
    return { ...state, phase: "reconnecting", action: "restart", attempt: 0 };
  }
  return state.wasLive ? again(state, "") : failed(state, NO_MEDIA);
}

function moved(state: State, error: string): State {
  if (state.hops < MOST_HOPS) {
    return { ...state, action: "offer", hops: state.hops + 1, error: "" };
  }
  return state.wasLive ? again(state, error) : failed(state, error);
}

function again(state: State, error: string): State {
  const attempt = state.attempt + 1;
  return { ...state, phase: "reconnecting", action: "offer", attempt, hops: 0, error };
}

function failed(state: State, error: string): State {
  return { ...state, phase: "failed", action: "end", error };
}
