/**
 * What this page publishes, kept on the air.
 *
 * Comes in: a stream and options. Goes out: states, to whoever shows them, and reports. It has one
 * sender at most.
 */

import type { State } from "../connection_state";
import { Keeper } from "../keeper";
import type { Token } from "../sdp_http";
import type { Entry } from "../stats";
import { Whip } from "../whip";
import { Sender, type Sending } from "./sender";

export class Broadcast {
  offerToAnswerMs: number | null = null;

  private readonly keeper: Keeper<Sender>;
  private sending: Sending | null = null;

  /** *token* is asked for the one that is good now; without it the options' is. */
  constructor(path: string, show: (state: State) => void, token?: Token) {
    this.keeper = new Keeper(
      path,
      (endpoint, report) => {
        if (!this.sending) {
          throw new Error("there is nothing to send");
        }
        const whip = new Whip(endpoint, token ?? this.sending.options.token);
        return new Sender(whip, this.sending, (connected) => {
          this.offerToAnswerMs = this.keeper.leg?.offerToAnswerMs ?? null;
          report(connected);
        });
      },
      show,
    );
  }

  get state(): State {
    return this.keeper.state;
  }

  go(sending: Sending): void {
    this.sending = sending;
    this.happened({ type: "go" });
  }

  readonly stop = (): void => this.happened({ type: "stop" });

  get happened(): Keeper<Sender>["happened"] {
    return this.keeper.happened;
  }

  get networkChanged(): () => void {
    return this.keeper.networkChanged;
  }

  /** The sender's report; empty when there is none. */
  async entries(): Promise<Entry[]> {
    return (await this.keeper.leg?.entries()) ?? [];
  }
}
