/**
 * What this page receives, kept coming.
 *
 * Comes in: a token, and wishes. Goes out: states, who is on the stage, and reports. It has one
 * receiver at most, which hears one stream of events.
 */

import { waitMs } from "../backoff";
import { RETRIES, type State } from "../connection_state";
import { Keeper, type Report } from "../keeper";
import { Refused, type Token } from "../sdp_http";
import type { ServerEvent } from "../sse";
import type { Entry } from "../stats";
import { type LayerWish, Whep } from "../whep";
import { Receiver, type Slots } from "./receiver";
import { type Participant, parseSpeaker, parseTracks, participants } from "./roster";

const TRACKS = "tracks";
const SPEAKER = "speaker";

/** Whoever shows a stage. */
export interface StageView {
  showState(state: State): void;
  /** Who is there now. */
  showParticipants(there: readonly Participant[]): void;
  /** A session, or null. */
  showSpeaker(session: string | null): void;
  /** The session with the server is a new one. */
  begun(): void;
}

export class Subscription {
  private readonly keeper: Keeper<Receiver>;

  constructor(
    path: string,
    private readonly token: Token,
    private readonly slots: Slots,
    private readonly view: StageView,
  ) {
    this.keeper = new Keeper(
      path,
      (endpoint, report) => this.make(endpoint, report),
      (state) => this.view.showState(state),
    );
  }

  get state(): State {
    return this.keeper.state;
  }

  get receiver(): Receiver | null {
    return this.keeper.leg;
  }

  readonly go = (): void => this.keeper.happened({ type: "go" });

  readonly stop = (): void => this.keeper.happened({ type: "stop" });

  get networkChanged(): () => void {
    return this.keeper.networkChanged;
  }

  async entries(): Promise<Entry[]> {
    return (await this.receiver?.entries()) ?? [];
  }

  /** Wishes for a layer; a wish that is not heard is only a picture of another size. */
  readonly wish = (wish: LayerWish): void => {
    this.receiver?.wish(wish).catch(() => undefined);
  };

  private make(endpoint: string, report: Report): Receiver {
    const whep = new Whep(endpoint, this.token);
    return new Receiver(whep, this.slots, report, (receiver) => {
      this.view.begun();
      void this.listen(receiver);
    });
  }

  /** Hears events for as long as *receiver* is ours. */
  private async listen(receiver: Receiver): Promise<void> {
    for (let attempt = 0; receiver === this.receiver; attempt++) {
      try {
        await receiver.listen([TRACKS, SPEAKER], (event) => {
          attempt = 0;
          this.heard(event);
        });
      } catch (error) {
        if (error instanceof Refused && receiver === this.receiver) {
          // The server has no such session any more: no media will come over it either.
          this.keeper.happened({ type: "lost" });
          return;
        }
      }
      const wait = waitMs(RETRIES, attempt, Math.random());
      await new Promise((resolve) => window.setTimeout(resolve, wait));
    }
  }

  private heard({ type, data }: ServerEvent): void {
    const tracks = type === TRACKS ? parseTracks(data) : null;
    if (tracks) {
      this.view.showParticipants(participants(tracks));
    } else if (type === SPEAKER) {
      this.view.showSpeaker(parseSpeaker(data));
    }
  }
}
