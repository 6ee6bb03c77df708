/** The player's own buttons, keys and idle hiding. */

import { find, setText } from "../ui/dom";
import { setIcon } from "../ui/icons";

/** Controls go after this time without a movement; milliseconds. */
const IDLE_MS = 2600;
const VOLUME_KEY = "levelchat.volume";
const VOLUME_STEP = 0.1;

export interface Wishes {
  /** The viewer pressed play or pause. */
  toggle(): void;
  jumpToLive(): void;
}

export class Controls {
  private readonly player = find("player", HTMLElement);
  private readonly play = find("play", HTMLButtonElement);
  private readonly bigPlay = find("big-play", HTMLButtonElement);
  private readonly mute = find("mute", HTMLButtonElement);
  private readonly unmute = find("unmute", HTMLButtonElement);
  private readonly volume = find("volume", HTMLInputElement);
  private readonly live = find("live", HTMLButtonElement);
  private readonly full = find("fullscreen", HTMLButtonElement);
  private idle = 0;
  /** This touch only shows the controls, which were hidden. */
  private revealing = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly wishes: Wishes,
  ) {}

  start(): void {
    this.video.volume = Number(localStorage.getItem(VOLUME_KEY) ?? 1);
    this.play.addEventListener("click", () => this.wishes.toggle());
    this.bigPlay.addEventListener("click", () => this.wishes.toggle());
    this.video.addEventListener("pointerdown", ({ pointerType }) => {
      this.revealing = pointerType === "touch" && this.player.dataset.idle === "true";
    });
    this.video.addEventListener("click", () => this.revealing || this.wishes.toggle());
    this.video.addEventListener("dblclick", () => this.toggleFull());
    this.mute.addEventListener("click", () => this.toggleSound());
    this.unmute.addEventListener("click", () => this.toggleSound());
    this.volume.addEventListener("input", () => this.setVolume(this.volume.valueAsNumber));
    this.live.addEventListener("click", () => this.wishes.jumpToLive());
    this.full.addEventListener("click", () => this.toggleFull());
    for (const event of ["play", "pause", "volumechange"]) {
      this.video.addEventListener(event, () => this.draw());
    }
    document.addEventListener("fullscreenchange", () => this.draw());
    document.addEventListener("keydown", (event) => this.onKey(event));
    for (const event of ["pointermove", "pointerdown", "focusin"]) {
      this.player.addEventListener(event, () => this.stir());
    }
    setIcon(this.bigPlay, "play");
    setIcon(this.unmute, "muted");
    this.draw();
    this.stir();
  }

  /** Asks for sound, when the browser let the video start only without it. */
  offerSound(): void {
    this.unmute.hidden = false;
  }

  /** Shows whether the viewer is at the live edge. */
  showLive(atEdge: boolean): void {
    this.live.dataset.live = String(atEdge);
    this.live.setAttribute("aria-disabled", String(atEdge));
    const label = atEdge ? "Live" : "Go to live";
    setText(find("live-label", HTMLElement), label);
    this.live.setAttribute("aria-label", atEdge ? "Live: you are at the live edge" : label);
  }

  private draw(): void {
    const { paused, muted, volume } = this.video;
    const silent = muted || volume === 0;
    const full = document.fullscreenElement === this.player;
    dress(this.play, paused ? "play" : "pause", paused ? "Play" : "Pause");
    dress(this.mute, silent ? "muted" : "sound", silent ? "Unmute" : "Mute");
    dress(this.full, full ? "leave" : "enter", full ? "Leave full screen" : "Full screen");
    this.volume.value = String(muted ? 0 : volume);
    this.bigPlay.hidden = !paused || this.player.dataset.phase !== "live";
    if (!silent) {
      this.unmute.hidden = true;
    }
  }

  /** Draws anew after the phase changed. */
  refresh(): void {
    this.draw();
  }

  private toggleSound(): void {
    if (this.video.muted || this.video.volume === 0) {
      this.setVolume(this.video.volume || 1);
    } else {
      this.video.muted = true;
    }
  }

  private setVolume(volume: number): void {
    const within = Math.min(1, Math.max(0, volume));
    this.video.volume = within;
    this.video.muted = within === 0;
    localStorage.setItem(VOLUME_KEY, String(within || 1));
  }

  private toggleFull(): void {
    const done = document.fullscreenElement
      ? document.exitFullscreen()
      : this.player.requestFullscreen?.();
    // Refused without a gesture, and absent on phones: nothing to say about it.
    done?.catch(() => undefined);
  }

  private onKey(event: KeyboardEvent): void {
    const keys: Record<string, () => void> = {
      k: () => this.wishes.toggle(),
      " ": () => this.wishes.toggle(),
      m: () => this.toggleSound(),
      f: () => this.toggleFull(),
      l: () => this.wishes.jumpToLive(),
      ArrowUp: () => this.setVolume(this.video.volume + VOLUME_STEP),
      ArrowDown: () => this.setVolume(this.video.volume - VOLUME_STEP),
    };
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    const own = event.target instanceof Element && event.target.closest("button, a, input");
    const key = keys[event.key];
    if (!key || modified || (own && !/^[kmfl]$/.test(event.key))) {
      return;
    }
    event.preventDefault();
    this.stir();
    key();
  }

  private stir(): void {
    window.clearTimeout(this.idle);
    this.player.dataset.idle = "false";
    this.idle = window.setTimeout(() => {
      this.player.dataset.idle = String(!this.video.paused);
    }, IDLE_MS);
  }
}

function dress(
  button: HTMLButtonElement,
  icon: Parameters<typeof setIcon>[1],
  label: string,
): void {
  setIcon(button, icon);
  button.setAttribute("aria-label", label);
  button.title = label;
}
