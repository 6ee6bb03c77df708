/**
 * Keeps a connection to the server: the state machine with connections, timers and the network.
 *
 * Comes in: how a connection is made, and what becomes of it. Goes out: states, to whoever shows
 * them. It has one connection and one timer at most.
 */

import { waitMs } from "./backoff";
import { Unsupported } from "./connection";
import { type Happening, IDLE, next, RETRIES, type State } from "./connection_state";
import { Refused, Unreachable } from "./sdp_http";

/** One connection: made, perhaps restarted, and thrown away. */
export interface Leg {
  start(): Promise<void>;
  restart(): Promise<void>;
  close(): void;
}

export type Report = (connected: boolean) => void;

export class Keeper<L extends Leg> {
  state: State = IDLE;
  leg: L | null = null;

  private endpoint: string;
  private timer = 0;

  constructor(
    /** Where the first node is asked, as a path or a URL. */
    private readonly home: string,
    private readonly make: (endpoint: string, report: Report) => L,
    private readonly show: (state: State) => void,
  ) {
    this.endpoint = home;
  }

  readonly happened = (happening: Happening): void => {
    this.state = next(this.state, happening);
    this.show(this.state);
    this.act();
  };

  /** The way to the server is another now, or may be. */
  readonly networkChanged = (): void => {
    if (this.state.phase === "live") {
      this.happened({ type: "lost" });
    }
  };

  private act(): void {
    const { action, attempt, hops } = this.state;
    if (action === "none") {
      return;
    }
    globalThis.clearTimeout(this.timer);
    if (action === "restart") {
      void this.restart();
      return;
    }
    this.leg?.close();
    this.leg = null;
    if (!hops) {
      this.endpoint = this.home;
    }
    if (action === "offer") {
      const wait = attempt && !hops ? waitMs(RETRIES, attempt - 1, Math.random()) : 0;
      this.timer = Number(globalThis.setTimeout(() => void this.offer(), wait));
    }
  }

  private async offer(): Promise<void> {
    const leg = this.make(this.endpoint, (connected) => this.onLeg(leg, connected));
    this.leg = leg;
    try {
      await leg.start();
    } catch (error) {
      if (leg === this.leg) {
        this.onError(error);
      }
    }
  }

  private onError(error: unknown): void {
    if (error instanceof Refused && error.alternate) {
      this.endpoint = elsewhere(error.alternate, this.home);
      this.happened({ type: "moved", error: error.message });
    } else {
      this.happened(happeningOf(error));
    }
  }

  private async restart(): Promise<void> {
    const { leg } = this;
    try {
      await leg?.restart();
    } catch {
      this.onLeg(leg, false);
    }
  }

  private onLeg(leg: L | null, connected: boolean): void {
    if (leg === this.leg) {
      this.happened({ type: connected ? "connected" : "lost" });
    }
  }
}

/** Where *path* is asked of the node *alternate*; with a path of its own it is the place itself. */
export function elsewhere(alternate: string, path: string): string {
  const url = new URL(alternate);
  return url.pathname === "/" ? new URL(path, url).href : url.href;
}

function happeningOf(error: unknown): Happening {
  if (error instanceof Refused) {
    return { type: "refused", status: error.status, code: error.code, error: error.message };
  }
  if (error instanceof Unreachable) {
    return { type: "unreachable", error: error.message };
  }
  const said = error instanceof Error ? error.message : String(error);
  return {
    type: "broken",
    error: error instanceof Unsupported ? said : `The browser cannot connect: ${said}`,
  };
}
