/** What the publish page shows of a broadcast: pill, clock, error, figures. */

import type { State } from "../connection_state";
import * as format from "../format";
import { watchPath } from "../room";
import { find, setText } from "../ui/dom";
import { type Figures, limitText } from "./stats";

const PILLS: Readonly<Record<State["phase"], string>> = {
  idle: "Preview",
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
  failed: "Not live",
};

export class View {
  private readonly preview = find("preview", HTMLElement);
  private readonly go = find("go", HTMLButtonElement);
  private readonly error = find("error", HTMLElement);
  private liveSince: number | null = null;

  start(room: string): void {
    document.title = `Publish · ${room} · LevelChat`;
    setText(find("room", HTMLElement), room);
    const link = find("share-link", HTMLAnchorElement);
    link.href = watchPath(room);
    setText(link, link.href.replace(/^https?:\/\//, ""));
    find("watch-link", HTMLAnchorElement).href = watchPath(room);
  }

  showStream(stream: MediaStream | null, source: string): void {
    find("video", HTMLVideoElement).srcObject = stream;
    this.preview.dataset.source = stream ? source : "none";
  }

  showState(state: State, nowMs: number): void {
    const busy = state.phase !== "idle" && state.phase !== "failed";
    this.preview.dataset.phase = state.phase;
    setText(find("pill", HTMLElement), PILLS[state.phase]);
    setText(this.go, busy ? "Stop" : "Go live");
    this.go.classList.toggle("danger", busy);
    this.go.classList.toggle("primary", !busy);
    find("share", HTMLElement).hidden = !state.wasLive;
    this.liveSince = state.wasLive ? (this.liveSince ?? nowMs) : null;
    this.showError(state.error);
  }

  showError(sentence: string): void {
    this.error.hidden = !sentence;
    setText(this.error, sentence);
  }

  showFigures(figures: Figures, nowMs: number): void {
    const sending = figures.frames_sent > 0;
    const picture = `${figures.width}×${figures.height} · ${Math.round(figures.fps)} fps`;
    const texts: Record<string, string> = {
      bitrate: format.bitrate(sending ? figures.bitrate : null),
      picture: sending ? picture : "–",
      codec: figures.codec.replace("video/", "") || "–",
      rtt: format.milliseconds(figures.rtt_ms),
      loss: figures.loss === null ? "–" : `${(figures.loss * 100).toFixed(1)} %`,
      repairs: sending ? `${figures.nacks} / ${figures.plis}` : "–",
      limit: sending ? limitText(figures.limited_by) : "–",
      frames: format.count(sending ? figures.frames_sent : null),
    };
    for (const [name, text] of Object.entries(texts)) {
      setText(find(`f-${name}`, HTMLElement), text);
    }
    const since = this.liveSince;
    setText(find("clock", HTMLElement), since === null ? "" : format.clock(nowMs - since));
  }
}
