/**
 * One participant's picture, with their name, what is known of it, and a choice of layers.
 *
 * Comes in: a participant and the tracks of their slots. Goes out: the size of the picture, and the
 * viewer's choice. It plays what it is given and never asks the server for anything.
 */

import { setText } from "../ui/dom";
import { Frames } from "../watch/frames";
import { PictureClock } from "../watch/picture_clock";
import type { Participant } from "./roster";
import { type Heard, texts } from "./texts";
import { AUTO, PAUSED, type Shown } from "./wishes";

/** Names of layers, from the lowest of as many as there are. */
const NAMES: Readonly<Record<number, readonly string[]>> = {
  2: ["Low", "High"],
  3: ["Low", "Medium", "High"],
};

export interface TileEvents {
  sized(tile: Tile, shown: Shown): void;
  chose(tile: Tile, layer: string): void;
}

export class Tile {
  readonly element: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly clock: PictureClock;
  readonly bornMs = performance.now();
  participant: Participant;

  private readonly frames: Frames;
  private readonly menu: HTMLSelectElement;
  private readonly observer: ResizeObserver;
  private readonly stream = new MediaStream();

  constructor(
    template: HTMLTemplateElement,
    participant: Participant,
    clock: boolean,
    events: TileEvents,
  ) {
    const copy = document.importNode(template.content, true);
    this.element = part(copy, ".tile", HTMLElement);
    this.video = part(copy, "video", HTMLVideoElement);
    this.menu = part(copy, "select", HTMLSelectElement);
    this.participant = participant;
    this.clock = new PictureClock(this.video, clock);
    this.frames = new Frames(this.video);
    this.frames.start([(shownMs) => this.clock.see({ shownMs })]);
    this.video.srcObject = this.stream;
    this.menu.addEventListener("change", () => events.chose(this, this.menu.value));
    this.observer = new ResizeObserver(() => events.sized(this, this.shown()));
    this.observer.observe(this.video);
  }

  /** When the first picture was shown, on the page's clock. */
  get firstMs(): number | null {
    return this.frames.firstMs;
  }

  /** The size of the picture on the screen. */
  shown(): Shown {
    const { clientWidth, clientHeight } = this.video;
    return { width: clientWidth * devicePixelRatio, height: clientHeight * devicePixelRatio };
  }

  /** Shows *participant* with these tracks. */
  show(participant: Participant, tracks: readonly MediaStreamTrack[]): void {
    this.participant = participant;
    const { identity, name, video, audio } = participant;
    this.element.dataset.identity = identity;
    this.element.dataset.picture = String(video !== null);
    this.element.dataset.sound = String(audio !== null);
    setText(part(this.element, ".tile-name", HTMLElement), name);
    setText(part(this.element, ".tile-initial", HTMLElement), name.slice(0, 1).toUpperCase());
    this.menu.setAttribute("aria-label", `Quality of ${name}`);
    this.offer(video?.layers ?? []);
    this.carry(tracks);
  }

  /** As if the viewer had chosen *layer*. */
  choose(layer: string): void {
    this.menu.value = layer;
    this.menu.dispatchEvent(new Event("change"));
  }

  /** Marks them as the one who speaks. */
  speaks(speaking: boolean): void {
    this.element.dataset.speaking = String(speaking);
  }

  showFigures(heard: Heard): void {
    for (const [name, text] of Object.entries(texts(heard))) {
      setText(part(this.element, `[data-figure="${name}"]`, HTMLElement), text);
    }
  }

  remove(): void {
    this.observer.disconnect();
    this.video.srcObject = null;
    this.element.remove();
  }

  /** Puts *tracks* in the place of those that are there. */
  private carry(tracks: readonly MediaStreamTrack[]): void {
    for (const there of this.stream.getTracks()) {
      if (!tracks.includes(there)) {
        this.stream.removeTrack(there);
      }
    }
    for (const track of tracks) {
      this.stream.addTrack(track);
    }
  }

  /** Offers *layers*, from the lowest, and keeps the choice where it is still there. */
  private offer(layers: readonly string[]): void {
    const names = layers.map((rid, index) => [rid, NAMES[layers.length]?.[index] ?? rid] as const);
    const options = [[AUTO, "Auto"], ...names.reverse(), [PAUSED, "No picture"]] as const;
    const there = [...this.menu.options].map(({ value }) => value);
    if (there.join() === options.map(([value]) => value).join()) {
      return;
    }
    const chosen = this.menu.value;
    this.menu.replaceChildren(...options.map(([value, name]) => new Option(name, value)));
    this.menu.value = options.some(([value]) => value === chosen) ? chosen : AUTO;
  }
}

function part<T extends Element>(
  within: ParentNode,
  selector: string,
  type: abstract new () => T,
): T {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) {
    throw new Error(`a tile has no ${type.name} ${selector}`);
  }
  return found;
}
