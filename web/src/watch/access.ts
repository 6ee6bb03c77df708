/**
 * The way into a managed room: trades a token for the cookie that the player's requests carry, and
 * renews both in time.
 *
 * Comes in: a room and a token. Goes out: nothing, or why not. It keeps the token in memory only,
 * and has one timer at most.
 */

import { accessPath } from "../room";
import { RENEW_AGAIN_MS, RENEW_PATH, renewAfterMs, tokenIn } from "../token";
import { refusal } from "./player";
import type { Happening } from "./state";

/** For an answer; milliseconds. */
const TIMEOUT_MS = 8000;

type Fetch = typeof fetch;

export class Access {
  private token = "";
  private isOpen = true;
  private timer = 0;

  constructor(
    private readonly room: string,
    private readonly fetch: Fetch = (...request) => window.fetch(...request),
    private readonly now: () => number = Date.now,
  ) {}

  /** The token to go in with; it replaces any other. */
  use(token: string): void {
    this.token = token;
    this.isOpen = token === "";
  }

  /** Makes sure that the player may ask; null when it may, or when there is no token to show. */
  async enter(): Promise<Happening | null> {
    if (this.isOpen) {
      return null;
    }
    const token = this.token;
    const answer = await this.post(accessPath(this.room), token);
    if (token !== this.token) {
      return this.enter();
    }
    if (!answer.ok) {
      return refusal(answer.status, answer.body);
    }
    this.isOpen = true;
    this.renewLater(renewAfterMs(token, this.now()));
    return null;
  }

  private renewLater(waitMs: number | null): void {
    globalThis.clearTimeout(this.timer);
    if (waitMs !== null) {
      this.timer = Number(globalThis.setTimeout(() => void this.renew(), waitMs));
    }
  }

  private async renew(): Promise<void> {
    const old = this.token;
    const answer = await this.post(RENEW_PATH, old);
    if (old !== this.token) {
      return;
    }
    if (answer.ok) {
      this.use(tokenIn(answer.body) || old);
      const refused = await this.enter();
      // The cookie that is there goes on for a while; the player will be told when it does not.
      this.isOpen = true;
      if (refused?.type === "network") {
        this.renewLater(RENEW_AGAIN_MS);
      }
    } else if (answer.status === 0 || answer.status >= 500) {
      this.renewLater(RENEW_AGAIN_MS);
    }
  }

  private async post(
    path: string,
    token: string,
  ): Promise<{ ok: boolean; status: number; body: string }> {
    try {
      const answer = await this.fetch(path, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { ok: answer.ok, status: answer.status, body: await answer.text() };
    } catch {
      return { ok: false, status: 0, body: "" };
    }
  }
}
