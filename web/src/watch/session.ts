/**
 * A visit: the state machine with a player, timers and the network.
 *
 * Comes in: a player, and what it reports. Goes out: states, to whoever shows them. One timer runs
 * at most.
 */

import { waitMs } from "../backoff";
import type { Access } from "./access";
import { type Player, refusal } from "./player";
import { firstMediaPlaylist, hasEnded } from "./playlist";
import { type Happening, next, START, type State } from "./state";

/** For a question whether a broadcast goes on; milliseconds. */
const ASK_MS = 8000;

/** The door was shut meanwhile. */
class Closed extends Error {
  constructor(readonly happening: Happening) {
    super(happening.type);
  }
}

export class Session {
  private state: State = START;
  private player: Player | null = null;
  private timer = 0;

  constructor(
    private readonly url: string,
    private readonly access: Access,
    private readonly show: (state: State) => void,
  ) {}

  start(player: Player | null): void {
    this.player = player;
    this.show(this.state);
    if (player) {
      void this.load();
    } else {
      this.happened({ type: "unsupported" });
    }
  }

  /** Tries another token. */
  readonly unlock = (token: string): void => {
    this.access.use(token);
    this.retryNow();
  };

  get phase(): State["phase"] {
    return this.state.phase;
  }

  readonly happened = (happening: Happening): void => {
    this.state = next(this.state, happening);
    this.show(this.state);
    if (happening.type !== "retrying") {
      this.act();
    }
  };

  /** Does at once what the timer would do later. */
  readonly retryNow = (): void => {
    window.clearTimeout(this.timer);
    this.reload();
  };

  private act(): void {
    const { action, backoff, attempt } = this.state;
    window.clearTimeout(this.timer);
    if (action === "recover") {
      this.player?.recover();
    } else if (action === "stop") {
      this.player?.destroy();
    } else if (action !== "none") {
      const run = action === "reload" ? () => this.reload() : () => void this.poll();
      this.timer = window.setTimeout(run, waitMs(backoff, attempt, Math.random()));
    }
  }

  private reload(): void {
    this.happened({ type: "retrying" });
    void this.load();
  }

  private async load(): Promise<void> {
    const refused = await this.access.enter();
    if (refused) {
      this.happened(refused);
    } else {
      this.player?.load();
    }
  }

  private async poll(): Promise<void> {
    const found = await this.look();
    if (found === "live") {
      this.reload();
    } else {
      this.happened(found);
    }
  }

  /** Whether the broadcast goes on; else what that means. */
  private async look(): Promise<"live" | Happening> {
    try {
      const master = await this.text(this.url);
      const media = firstMediaPlaylist(master, new URL(this.url, location.href).href);
      return media !== null && !hasEnded(await this.text(media)) ? "live" : { type: "ended" };
    } catch (error) {
      return error instanceof Closed ? error.happening : { type: "ended" };
    }
  }

  private async text(url: string): Promise<string> {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    const body = await answer.text();
    if (!answer.ok) {
      const happening = refusal(answer.status, body);
      throw happening.type === "refused" ? new Closed(happening) : new Error(body);
    }
    return body;
  }
}
