/** What the stage page shows beside the tiles: bar, pills, errors, the way in. */

import type { State } from "../connection_state";
import * as format from "../format";
import type { Options } from "../publish/options";
import { watchPath } from "../room";
import { find, setText } from "../ui/dom";
import { setIcon } from "../ui/icons";
import type { Way } from "./figures";

export interface ViewEvents {
  token(token: string): void;
  retry(): void;
  toggle(): void;
  sound(): void;
}

const TITLES: Readonly<Record<State["phase"], string>> = {
  idle: "This stage needs a token",
  connecting: "Connecting…",
  live: "Nobody is on the stage yet",
  reconnecting: "Reconnecting…",
  failed: "The stage cannot be shown",
};
const PILLS: Readonly<Record<State["phase"], string>> = {
  idle: "Watching",
  connecting: "Connecting…",
  live: "On the stage",
  reconnecting: "Reconnecting…",
  failed: "Not on the stage",
};

export class View {
  private readonly page = find("stage", HTMLElement);
  private readonly go = find("go", HTMLButtonElement);
  private readonly sound = find("sound", HTMLButtonElement);
  private readonly figures = find("figures", HTMLButtonElement);

  start(room: string, options: Options): void {
    document.title = `Stage · ${room} · LevelChat`;
    setText(find("room", HTMLElement), room);
    find("watch-link", HTMLAnchorElement).href = watchPath(room);
    find("source", HTMLSelectElement).value = options.source;
    find("codec", HTMLSelectElement).value = options.codec;
    setIcon(this.sound, "muted");
    setIcon(this.figures, "figures");
  }

  listen(events: ViewEvents): void {
    find("token-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const field = find("token", HTMLInputElement);
      const token = field.value.trim();
      field.value = "";
      events.token(token);
    });
    find("retry", HTMLButtonElement).addEventListener("click", events.retry);
    this.go.addEventListener("click", events.toggle);
    this.sound.addEventListener("click", () => {
      this.sound.hidden = true;
      events.sound();
    });
    this.figures.addEventListener("click", () => {
      const shown = this.page.dataset.figures !== "true";
      this.page.dataset.figures = String(shown);
      this.figures.setAttribute("aria-pressed", String(shown));
    });
  }

  choices(): { source: string; codec: string } {
    return {
      source: find("source", HTMLSelectElement).value,
      codec: find("codec", HTMLSelectElement).value,
    };
  }

  askForToken(): void {
    this.page.dataset.phase = "idle";
    setText(find("veil-title", HTMLElement), TITLES.idle);
    find("token-form", HTMLFormElement).hidden = false;
  }

  /** Of receiving, with *count* tiles. */
  showState(state: State, count: number): void {
    const { phase, error } = state;
    this.page.dataset.phase = phase;
    find("veil", HTMLElement).hidden = count > 0 && phase !== "failed";
    setText(find("veil-title", HTMLElement), TITLES[phase]);
    setText(find("veil-detail", HTMLElement), error);
    find("retry", HTMLButtonElement).hidden = phase !== "failed";
    find("token-form", HTMLFormElement).hidden = phase !== "failed";
  }

  /** Of sending. */
  showSelf(state: State, error: string): void {
    const { phase } = state;
    const on = phase !== "idle" && phase !== "failed";
    this.page.dataset.self = phase;
    setText(find("pill", HTMLElement), PILLS[phase]);
    setText(this.go, on ? "Leave the stage" : "Go on stage");
    this.go.classList.toggle("danger", on);
    this.go.classList.toggle("primary", !on);
    for (const id of ["source", "codec"]) {
      find(id, HTMLSelectElement).disabled = on;
    }
    const sentence = find("error", HTMLElement);
    sentence.hidden = !error;
    setText(sentence, error);
  }

  offerSound(): void {
    this.sound.hidden = false;
  }

  showWays(up: Way, down: Way): void {
    setText(find("f-up", HTMLElement), wayText(up));
    setText(find("f-down", HTMLElement), wayText(down));
    const over = [...new Set([up.transport, down.transport])].filter(Boolean).join(", ");
    setText(find("f-transport", HTMLElement), over.toUpperCase() || "–");
  }
}

function wayText({ rtt_ms, bitrate, transport }: Way): string {
  return transport ? `${format.milliseconds(rtt_ms)} · ${format.bitrate(bitrate)}` : "–";
}
