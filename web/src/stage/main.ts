/** The stage page: wires what is sent, what is received, tiles and figures. */

import type { State } from "../connection_state";
import { CODECS, type CodecChoice, type Options, SOURCES } from "../publish/options";
import { roomOf, stageWhipPath, whepPath } from "../room";
import { tokenOf, withoutToken } from "../token";
import { Looks } from "./figures";
import { stageOptions } from "./options";
import { Pass } from "./pass";
import type { Participant } from "./roster";
import { Self } from "./self";
import type { StageStats } from "./stats";
import { type StageView, Subscription } from "./subscription";
import { Tiles } from "./tiles";
import { View } from "./view";

/** Between two looks at what is sent and received. */
const MEASURE_MS = 500;

class StagePage implements StageView {
  private readonly given = stageOptions(location.search, location.hash);
  private readonly view = new View();
  private readonly self: Self;
  private readonly subscription: Subscription;
  private readonly tiles: Tiles;
  private readonly looks = new Looks();
  private readonly pass = new Pass();

  constructor(private readonly room: string) {
    const { slots, audio, clock } = this.given;
    this.self = new Self(stageWhipPath(room), this.pass.token, this.given, (state, error) =>
      this.view.showSelf(state, error),
    );
    this.subscription = new Subscription(
      whepPath(room),
      this.pass.token,
      { video: slots, audio: audio ? slots : 0 },
      this,
    );
    this.tiles = new Tiles(clock, this.subscription.wish, () => this.view.offerSound());
  }

  start(): void {
    this.view.start(this.room, this.given.publishing);
    this.self.start();
    this.listen();
    window.setInterval(() => void this.measure(), MEASURE_MS);
    const token = takeToken();
    if (token) {
      this.enter(token);
    } else {
      this.view.askForToken();
    }
  }

  /** `window.levelchatStage.stats()`. */
  readonly stats = (): StageStats => {
    const { state, receiver } = this.subscription;
    const sinceMs = receiver?.startedMs ?? 0;
    return {
      state: state.phase,
      error: state.error || null,
      session: receiver?.url ?? "",
      offer_to_answer_ms: receiver?.offerToAnswerMs ?? null,
      first_frame_ms: this.tiles.firstFrameMs(sinceMs),
      receiving: this.looks.way(),
      tiles: this.tiles.stats(this.looks.received(), sinceMs),
      speaker: this.tiles.speaking(),
      publishing: this.self.stats(),
    };
  };

  /** `window.levelchatStage.measure()`: figures of now, not of the last half second. */
  readonly measure = async (): Promise<void> => {
    const [entries] = await Promise.all([this.subscription.entries(), this.self.measure()]);
    const nowMs = performance.now();
    this.looks.take(entries, nowMs);
    this.tiles.showFigures(this.looks.received(), nowMs);
    this.view.showWays(this.self.way(), this.looks.way());
  };

  /** `window.levelchatStage.choose()`. */
  readonly choose = (identity: string, layer: string): boolean =>
    this.tiles.choose(identity, layer);

  showState(state: State): void {
    this.view.showState(state, this.tiles.count);
  }

  showParticipants(there: readonly Participant[]): void {
    const { receiver, state } = this.subscription;
    if (receiver) {
      this.tiles.show(there, receiver);
      this.view.showState(state, this.tiles.count);
    }
  }

  showSpeaker(session: string | null): void {
    this.tiles.speaks(session);
  }

  begun(): void {
    this.tiles.begun();
  }

  private listen(): void {
    this.view.listen({
      token: (token) => this.enter(token),
      retry: this.subscription.go,
      toggle: () => void this.toggle(),
      sound: () => this.tiles.mute(false),
    });
    const changed = () => {
      this.subscription.networkChanged();
      this.self.networkChanged();
    };
    window.addEventListener("online", changed);
    network()?.addEventListener("change", changed);
    window.addEventListener("hashchange", () => {
      const token = takeToken();
      if (token) {
        this.enter(token);
      }
    });
    window.addEventListener("pagehide", () => {
      this.self.leave();
      this.subscription.stop();
    });
  }

  private enter(token: string): void {
    this.pass.use(token);
    if (this.given.watch) {
      this.subscription.go();
    }
    if (this.given.publishing.autostart) {
      void this.self.enter(this.options());
    }
  }

  private async toggle(): Promise<void> {
    if (this.self.on) {
      this.self.leave();
    } else {
      await this.self.enter(this.options());
    }
  }

  /** The address's options, with what the form says. */
  private options(): Options {
    const { source, codec } = this.view.choices();
    const { publishing } = this.given;
    return {
      ...publishing,
      token: this.pass.token(),
      source: SOURCES.find((one) => one === source) ?? publishing.source,
      codec: CODECS.find((one): one is CodecChoice => one === codec) ?? publishing.codec,
    };
  }
}

/** The token that the page's address brings; it does not stay there. */
function takeToken(): string {
  const token = tokenOf(location.search, location.hash);
  const clean = withoutToken(location.href);
  if (clean !== null) {
    // RFC 6750 §5.3: tokens do not belong in page URLs, where histories and logs keep them.
    history.replaceState(null, "", clean);
  }
  return token;
}

/** Network Information, where the browser has it. */
function network(): EventTarget | undefined {
  return (navigator as { connection?: EventTarget }).connection;
}

const room = roomOf(location.pathname);
if (room === null) {
  location.replace("/");
} else {
  const page = new StagePage(room);
  const { stats, measure, choose } = page;
  Object.assign(window, { levelchatStage: { stats, measure, choose } });
  page.start();
}
