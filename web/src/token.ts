/**
 * Room tokens as the pages see them: where they come from, and how long they live.
 *
 * Comes in: addresses, tokens. Goes out: tokens, and times. Nothing here proves a token: only the
 * server can.
 */

/** A token is renewed when this part of its life is over. */
const RENEW_AT = 0.8;
/** Not sooner, whatever this machine's clock says; milliseconds. */
const SOONEST_MS = 1000;

export const RENEW_PATH = "/v1/auth/tokens/renew";
/** After a renewal that got no answer. */
export const RENEW_AGAIN_MS = 10_000;

/** The token in an address, in the fragment or the query; empty when there is none. */
export function tokenOf(search: string, hash: string): string {
  const fragment = new URLSearchParams(hash.replace(/^#/, ""));
  return fragment.get("token") ?? new URLSearchParams(search).get("token") ?? "";
}

/** *address* without its token, for the address bar; null when it has none. */
export function withoutToken(address: string): string | null {
  const url = new URL(address);
  const fragment = new URLSearchParams(url.hash.replace(/^#/, ""));
  if (!url.searchParams.has("token") && !fragment.has("token")) {
    return null;
  }
  url.searchParams.delete("token");
  fragment.delete("token");
  url.hash = fragment.toString();
  return url.href.replace(/#$/, "");
}

/** Milliseconds until *token* should be renewed; null when it does not say how long it lives. */
export function renewAfterMs(token: string, nowMs: number): number | null {
  const { iat, exp } = claims(token);
  if (typeof iat !== "number" || typeof exp !== "number" || exp <= iat) {
    return null;
  }
  const due = iat * 1000 + RENEW_AT * (exp - iat) * 1000 - nowMs;
  // A clock that is behind must not put it off until the token is dead.
  return Math.round(Math.min(Math.max(due, SOONEST_MS), RENEW_AT * (exp - iat) * 1000));
}

/** The token in the body of a renewal; empty when there is none. */
export function tokenIn(body: string): string {
  try {
    const view: { token?: unknown } | null = JSON.parse(body);
    return typeof view?.token === "string" ? view.token : "";
  } catch {
    return "";
  }
}

function claims(token: string): { iat?: unknown; exp?: unknown } {
  const [, payload = ""] = token.split(".");
  try {
    const text = atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
    const parsed: unknown = JSON.parse(text);
    return parsed && typeof parsed === "object" ? parsed : {};
  } catch {
    return {};
  }
}
