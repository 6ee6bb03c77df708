/** The publish page: wires form, capture, broadcast and figures. */

import type { State } from "../connection_state";
import { roomOf, whipPath } from "../room";
import type { Counted } from "../stats";
import { withoutToken } from "../token";
import { find } from "../ui/dom";
import { Broadcast } from "./broadcast";
import { type Captured, capture } from "./capture";
import { Form } from "./form";
import { fromAddress } from "./options";
import { figures, NOTHING, type PublishStats, sentBytes } from "./stats";
import { View } from "./view";

/** Between two looks at what is sent. */
const MEASURE_MS = 500;

class PublishPage {
  private readonly given = fromAddress(location.search, location.hash);
  private readonly form = new Form(this.given);
  private readonly view = new View();
  private readonly broadcast: Broadcast;
  private captured: Captured | null = null;
  private captureError = "";
  private figures = NOTHING;
  private before: Counted | null = null;
  /** Counts choices of a source: an answer to an older one is let go. */
  private choice = 0;

  constructor(private readonly room: string) {
    this.broadcast = new Broadcast(whipPath(room), (state) => this.showState(state));
  }

  start(): void {
    const clean = withoutToken(location.href);
    if (clean !== null) {
      // RFC 6750 §5.3: tokens do not belong in page URLs, where histories and logs keep them.
      history.replaceState(null, "", clean);
    }
    this.view.start(this.room);
    this.form.start(
      this.room,
      () => void this.choose(),
      () => void this.toggle(),
    );
    void this.form.listDevices();
    find("open", HTMLButtonElement).addEventListener("click", () => void this.choose());
    window.setInterval(() => void this.measure(), MEASURE_MS);
    window.addEventListener("pagehide", this.broadcast.stop);
    if (this.given.autostart) {
      void this.toggle();
    } else if (this.given.source === "pattern") {
      void this.choose();
    }
  }

  /** `window.levelchat.stats()`. */
  readonly stats = (): PublishStats => ({
    ...this.figures,
    state: this.broadcast.state.phase,
    offer_to_answer_ms: this.broadcast.offerToAnswerMs,
    error: this.captureError || this.broadcast.state.error || null,
  });

  private async toggle(): Promise<void> {
    const { phase } = this.broadcast.state;
    if (phase !== "idle" && phase !== "failed") {
      this.broadcast.stop();
      return;
    }
    const captured = this.captured ?? (await this.choose());
    if (captured) {
      this.broadcast.go({ stream: captured.stream, options: this.form.options() });
    }
  }

  /** Opens what the form says; null when that cannot be had. */
  private async choose(): Promise<Captured | null> {
    const choice = ++this.choice;
    this.letGo();
    const options = this.form.options();
    try {
      const captured = await capture(options, this.form.devices());
      if (choice !== this.choice) {
        captured.stop();
        return null;
      }
      this.hold(captured);
      this.view.showStream(captured.stream, options.source);
      void this.form.listDevices();
      return captured;
    } catch (error) {
      this.captureError = error instanceof Error ? error.message : String(error);
      this.view.showError(this.captureError);
      return null;
    }
  }

  private hold(captured: Captured): void {
    this.captured = captured;
    this.captureError = "";
    this.view.showError("");
    for (const track of captured.stream.getTracks()) {
      track.addEventListener("ended", () => this.onEnded(captured));
    }
  }

  /** The user ended the screen's capture in the browser's own bar, or pulled the camera's plug. */
  private onEnded(captured: Captured): void {
    if (captured === this.captured) {
      this.broadcast.happened({ type: "broken", error: "The source went away. Choose it again." });
      this.letGo();
    }
  }

  private letGo(): void {
    this.captured?.stop();
    this.captured = null;
    this.view.showStream(null, "none");
  }

  private async measure(): Promise<void> {
    const entries = await this.broadcast.entries();
    const now = { bytes: sentBytes(entries), atMs: performance.now() };
    this.figures = entries.length ? figures(entries, now, this.before) : NOTHING;
    this.before = entries.length ? now : null;
    this.view.showFigures(this.figures, now.atMs);
  }

  private showState(state: State): void {
    this.view.showState(state, performance.now());
    this.form.lock(state.phase !== "idle" && state.phase !== "failed");
  }
}

const room = roomOf(location.pathname);
if (room === null) {
  location.replace("/");
} else {
  const page = new PublishPage(room);
  Object.assign(window, { levelchat: { stats: page.stats } });
  page.start();
}
