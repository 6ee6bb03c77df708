/**
 * A broadcast from this page: the state machine with senders, timers and the network.
 *
 * Comes in: a stream and options. Goes out: states, to whoever shows them. It has one sender and one
 * timer at most.
 */

import { waitMs } from "../backoff";
import { whipPath } from "../room";
import { Refused, Unreachable } from "../sdp_http";
import { Whip } from "../whip";
import type { Options } from "./options";
import { Sender, Unsupported } from "./sender";
import { type Happening, IDLE, next, RETRIES, type State } from "./state";
import { type Figures, NOTHING } from "./stats";

interface Given {
  readonly stream: MediaStream;
  readonly options: Options;
}

export class Broadcast {
  state: State = IDLE;
  figures: Figures = NOTHING;
  offerToAnswerMs: number | null = null;

  private sender: Sender | null = null;
  private given: Given | null = null;
  private timer = 0;

  constructor(
    private readonly room: string,
    private readonly show: (state: State) => void,
  ) {}

  go(stream: MediaStream, options: Options): void {
    this.given = { stream, options };
    this.happened({ type: "go" });
  }

  readonly stop = (): void => this.happened({ type: "stop" });

  readonly happened = (happening: Happening): void => {
    this.state = next(this.state, happening);
    this.show(this.state);
    this.act();
  };

  async measure(): Promise<void> {
    if (this.sender) {
      this.figures = await this.sender.figures();
    }
  }

  private act(): void {
    const { action, attempt } = this.state;
    if (action === "none") {
      return;
    }
    window.clearTimeout(this.timer);
    if (action === "restart") {
      void this.restart();
      return;
    }
    this.sender?.close();
    this.sender = null;
    this.figures = NOTHING;
    if (action === "offer") {
      const wait = attempt ? waitMs(RETRIES, attempt - 1, Math.random()) : 0;
      this.timer = window.setTimeout(() => void this.offer(), wait);
    }
  }

  private async offer(): Promise<void> {
    const { given } = this;
    if (!given) {
      return;
    }
    const whip = new Whip(whipPath(this.room), given.options.token);
    const sender = new Sender(whip, (connected) => this.onSender(sender, connected));
    this.sender = sender;
    try {
      await sender.start(given.stream, given.options);
      this.offerToAnswerMs = sender.offerToAnswerMs;
    } catch (error) {
      if (sender === this.sender) {
        this.happened(happeningOf(error));
      }
    }
  }

  private async restart(): Promise<void> {
    const { sender } = this;
    try {
      await sender?.restart();
    } catch {
      this.onSender(sender, false);
    }
  }

  private onSender(sender: Sender | null, connected: boolean): void {
    if (sender === this.sender) {
      this.happened({ type: connected ? "connected" : "lost" });
    }
  }
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
