/**
 * The room token of this visit, renewed for as long as the visit lasts.
 *
 * Comes in: a token. Goes out: the one that is good now. It is kept in memory only, and there is one
 * timer at most. A token that cannot be renewed is kept: whoever asks with it is told why not.
 */

import { RENEW_AGAIN_MS, RENEW_PATH, renewAfterMs, tokenIn } from "../token";

/** For an answer; milliseconds. */
const TIMEOUT_MS = 8000;

type Fetch = typeof fetch;

export class Pass {
  private held = "";
  private timer = 0;

  constructor(
    private readonly fetch: Fetch = (...request) => window.fetch(...request),
    private readonly now: () => number = Date.now,
  ) {}

  /** The token that is good now; empty when there is none. */
  readonly token = (): string => this.held;

  /** Goes on with *token*. */
  use(token: string): void {
    this.held = token;
    this.later(renewAfterMs(token, this.now()));
  }

  private later(waitMs: number | null): void {
    globalThis.clearTimeout(this.timer);
    if (waitMs !== null) {
      this.timer = Number(globalThis.setTimeout(() => void this.renew(), waitMs));
    }
  }

  private async renew(): Promise<void> {
    const old = this.held;
    const { status, body } = await this.ask(old);
    if (old !== this.held) {
      return;
    }
    const token = status === 200 ? tokenIn(body) : "";
    if (token) {
      this.use(token);
    } else if (status === 0 || status >= 500) {
      this.later(RENEW_AGAIN_MS);
    }
  }

  private async ask(token: string): Promise<{ status: number; body: string }> {
    try {
      const answer = await this.fetch(RENEW_PATH, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: answer.status, body: await answer.text() };
    } catch {
      return { status: 0, body: "" };
    }
  }
}
