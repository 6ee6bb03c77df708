/** The watch page: wires player, state machine, figures and controls. */

import Hls from "hls.js";
import { playlistPath, publishPath, roomOf } from "../room";
import { tokenOf, withoutToken } from "../token";
import { find, setText } from "../ui/dom";
import { Access } from "./access";
import { Controls } from "./controls";
import { Frames, type Look } from "./frames";
import { HlsPlayer } from "./hls_player";
import { Meter } from "./meter";
import { NativePlayer } from "./native_player";
import { Panel } from "./panel";
import { PictureClock } from "./picture_clock";
import { Playback } from "./playback";
import { buffered, type Player, type Report } from "./player";
import { QualityMenu } from "./quality_menu";
import { Session } from "./session";
import { Stalls } from "./stalls";
import type { State } from "./state";
import { delayNow, renditionName, type WatchStats } from "./stats";

/** Between two looks at the distance to the live edge. */
const STEER_MS = 100;
/** Between two updates of the figures. */
const SHOW_MS = 500;

const asked = (name: string) => new URLSearchParams(location.search).get(name) === "1";

class WatchPage {
  private readonly video = find("video", HTMLVideoElement);
  private readonly stalls = new Stalls();
  private readonly frames = new Frames(this.video);
  private readonly clock = new PictureClock(this.video, asked("clock"));
  private readonly meter = asked("meter") ? new Meter(this.video) : null;
  private readonly panel = new Panel();
  private readonly access: Access;
  private readonly session: Session;
  private readonly player: Player;
  private readonly playback: Playback;
  private readonly controls: Controls;
  private readonly menu: QualityMenu;

  constructor(private readonly room: string) {
    const url = playlistPath(room);
    this.access = new Access(room);
    this.session = new Session(url, this.access, (state) => this.showState(state));
    this.player = makePlayer(this.video, url, this.session.happened);
    this.playback = new Playback(this.video, this.player, this.stalls, () =>
      this.controls.offerSound(),
    );
    this.controls = new Controls(this.video, this.playback);
    this.menu = new QualityMenu(this.player);
  }

  start(): void {
    document.title = `${this.room} · LevelChat`;
    setText(find("room", HTMLElement), this.room);
    find("publish-link", HTMLAnchorElement).href = publishPath(this.room);
    find("retry", HTMLButtonElement).addEventListener("click", this.session.retryNow);
    this.access.use(takeToken());
    this.listen();
    this.listenForTokens();
    this.meter?.start();
    this.controls.start();
    this.menu.start();
    this.playback.start();
    this.frames.start(this.looks());
    this.session.start(canPlay(this.video) ? this.player : null);
    window.setInterval(() => this.playback.steer(performance.now()), STEER_MS);
    window.setInterval(() => this.showFigures(), SHOW_MS);
  }

  /** `window.levelchat.stats()`. */
  readonly stats = (): WatchStats => ({
    ...this.figures(),
    delays_ms: this.clock.readings.take(),
    ...(this.meter && { flashes_ms: this.meter.flashes.take(), beeps_ms: this.meter.beeps.take() }),
  });

  private figures(): Omit<WatchStats, "delays_ms"> {
    const { video } = this;
    const { latency, playing, codec } = this.player.measure();
    return {
      source: video.currentSrc || video.src,
      playing: this.session.phase === "live" && !video.paused,
      current_time: video.currentTime,
      delay_ms: this.clock.last,
      unreadable: this.clock.unreadable,
      player_latency_s: latency,
      rendition: renditionName(playing),
      buffer_s: buffered(video),
      stalls: this.stalls.count,
      stall_ms: Math.round(this.stalls.totalMs(performance.now())),
      dropped_frames: video.getVideoPlaybackQuality().droppedVideoFrames,
      playback_rate: video.playbackRate,
      sound_level: this.meter?.level() ?? null,
      first_picture_ms: this.frames.firstMs,
      codec,
    };
  }

  private listen(): void {
    const now = () => performance.now();
    this.video.addEventListener("playing", () => {
      this.stalls.playing(now());
      this.session.happened({ type: "playing" });
    });
    this.video.addEventListener("waiting", () => {
      if (!this.video.seeking) {
        this.stalls.waiting(now());
      }
      this.session.happened({ type: "stalled" });
    });
  }

  private listenForTokens(): void {
    const field = find("token", HTMLInputElement);
    find("token-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const token = field.value.trim();
      field.value = "";
      if (token) {
        this.session.unlock(token);
      }
    });
    window.addEventListener("hashchange", () => {
      const token = takeToken();
      if (token) {
        this.session.unlock(token);
      }
    });
  }

  private looks(): Look[] {
    const { meter } = this;
    const looks: Look[] = [(shownMs) => this.clock.see({ shownMs })];
    if (meter) {
      looks.push((_shown, mediaSeconds) => meter.see(mediaSeconds));
    }
    return looks;
  }

  private showFigures(): void {
    const now = performance.now();
    const delay = delayNow(this.clock.fresh(now), this.player.measure(), Date.now());
    this.panel.show(now, this.figures(), delay);
    this.menu.show(this.player.measure().playing);
    this.controls.showLive(this.playback.atEdge());
  }

  private showState(state: State): void {
    if (state.phase === "ended" || state.phase === "waiting") {
      this.stalls.excuse(performance.now());
    }
    find("player", HTMLElement).dataset.phase = state.phase;
    setText(find("veil-title", HTMLElement), state.title);
    setText(find("veil-detail", HTMLElement), state.detail);
    find("token-form", HTMLFormElement).hidden = state.phase !== "locked";
    find("retry", HTMLButtonElement).hidden =
      state.phase !== "reconnecting" && state.phase !== "failed";
    this.controls?.refresh();
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

function canPlay(video: HTMLVideoElement): boolean {
  return Hls.isSupported() || video.canPlayType("application/vnd.apple.mpegurl") !== "";
}

/** Chromium says that it "maybe" plays HLS by itself, far behind live: hls.js always goes first. */
function makePlayer(video: HTMLVideoElement, url: string, report: Report): Player {
  return Hls.isSupported()
    ? new HlsPlayer(video, url, report)
    : new NativePlayer(video, url, report);
}

const room = roomOf(location.pathname);
if (room === null) {
  location.replace("/");
} else {
  const page = new WatchPage(room);
  Object.assign(window, { levelchat: { stats: page.stats } });
  page.start();
}
