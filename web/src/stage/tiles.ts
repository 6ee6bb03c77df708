/**
 * The tiles of all who are on the stage.
 *
 * Comes in: participants, the receiver that has their tracks, who speaks. Goes out: wishes for
 * layers, and what each tile says of itself. Each participant has one tile, for as long as they are
 * there and whatever slot they are in.
 */

import { find } from "../ui/dom";
import type { LayerWish } from "../whep";
import { NO_SLOT, type Received } from "./figures";
import type { Receiver } from "./receiver";
import type { Participant } from "./roster";
import type { TileStats } from "./stats";
import { Tile } from "./tile";
import { type Shown, Wishes } from "./wishes";

/** Whoever shows up this soon was there when we came. */
const EARLY_MS = 2000;

export class Tiles {
  private readonly list = find("tiles", HTMLElement);
  private readonly template = find("tile", HTMLTemplateElement);
  private readonly tiles = new Map<string, Tile>();
  private readonly wishes: Wishes;
  private speaker: string | null = null;
  private muted = false;

  constructor(
    private readonly clock: boolean,
    tell: (wish: LayerWish) => void,
    /** The browser plays nothing that is heard before somebody touched the page. */
    private readonly silenced: () => void,
  ) {
    this.wishes = new Wishes(tell);
  }

  get count(): number {
    return this.tiles.size;
  }

  /** The server was told nothing yet. */
  begun(): void {
    this.wishes.reset();
  }

  /** Shows those who are *there*, and nobody else. */
  show(there: readonly Participant[], receiver: Receiver): void {
    const sessions = new Set(there.map(({ session }) => session));
    for (const [session, tile] of this.tiles) {
      if (!sessions.has(session)) {
        this.leave(tile);
        this.tiles.delete(session);
      }
    }
    for (const participant of there) {
      this.place(participant, receiver);
    }
    this.list.dataset.count = String(this.tiles.size);
  }

  speaks(session: string | null): void {
    this.speaker = session;
    for (const [of, tile] of this.tiles) {
      tile.speaks(of === session);
    }
  }

  /** Whoever speaks: an identity. */
  speaking(): string | null {
    return this.tiles.get(this.speaker ?? "")?.participant.identity ?? null;
  }

  /** All are heard, or none. */
  mute(muted: boolean): void {
    this.muted = muted;
    for (const tile of this.tiles.values()) {
      tile.video.muted = muted;
      this.play(tile);
    }
  }

  /** The layer that *identity* should come in; empty for the server's own choice. */
  choose(identity: string, layer: string): boolean {
    const tile = this.of(identity);
    tile?.choose(layer);
    return tile !== undefined;
  }

  showFigures(slots: ReadonlyMap<string, Received>, nowMs: number): void {
    for (const tile of this.tiles.values()) {
      const { participant, clock } = tile;
      tile.showFigures({
        picture: slots.get(participant.video?.mid ?? "") ?? null,
        sound: slots.get(participant.audio?.mid ?? "") ?? null,
        delayMs: clock.fresh(nowMs),
        layer: participant.video?.layer ?? "",
      });
    }
  }

  stats(slots: ReadonlyMap<string, Received>, sinceMs: number): TileStats[] {
    return [...this.tiles.values()].map((tile) => this.tileStats(tile, slots, sinceMs));
  }

  /** From *sinceMs* to the first picture of anybody. */
  firstFrameMs(sinceMs: number): number | null {
    const first = [...this.tiles.values()].flatMap(({ firstMs }) =>
      firstMs !== null && firstMs >= sinceMs ? firstMs : [],
    );
    return first.length ? Math.min(...first) - Math.round(sinceMs) : null;
  }

  private place(participant: Participant, receiver: Receiver): void {
    const { session, video, audio } = participant;
    const tile = this.tiles.get(session) ?? this.enter(participant);
    const former = tile.participant.video?.mid;
    if (former !== undefined && former !== video?.mid) {
      this.wishes.forget(former);
    }
    const mids = [video?.mid, audio?.mid].flatMap((mid) => mid ?? []);
    tile.show(
      participant,
      mids.flatMap((mid) => receiver.track(mid) ?? []),
    );
    if (video) {
      this.wishes.show(video.mid, tile.shown());
    }
    this.play(tile);
  }

  private enter(participant: Participant): Tile {
    const tile = new Tile(this.template, participant, this.clock, {
      sized: (of, shown) => this.sized(of, shown),
      chose: (of, layer) => this.chose(of, layer),
    });
    tile.video.muted = this.muted;
    tile.speaks(participant.session === this.speaker);
    this.tiles.set(participant.session, tile);
    this.list.append(tile.element);
    return tile;
  }

  private leave(tile: Tile): void {
    const mid = tile.participant.video?.mid;
    if (mid !== undefined) {
      this.wishes.forget(mid);
    }
    tile.remove();
  }

  private sized({ participant }: Tile, shown: Shown): void {
    if (participant.video) {
      this.wishes.show(participant.video.mid, shown);
    }
  }

  private chose({ participant }: Tile, layer: string): void {
    if (participant.video) {
      this.wishes.choose(participant.video.mid, layer);
    }
  }

  private of(identity: string): Tile | undefined {
    return [...this.tiles.values()].find(({ participant }) => participant.identity === identity);
  }

  private play({ video }: Tile): void {
    if (!video.paused) {
      return;
    }
    video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError" && !video.muted) {
        this.mute(true);
        this.silenced();
      }
    });
  }

  private tileStats(tile: Tile, slots: ReadonlyMap<string, Received>, sinceMs: number): TileStats {
    const { participant, clock, firstMs, bornMs } = tile;
    const { session, identity, name, video, audio } = participant;
    const sound = slots.get(audio?.mid ?? "") ?? NO_SLOT;
    // Whoever was there when we came is waited for since the offer.
    const from = bornMs - sinceMs < EARLY_MS ? sinceMs : bornMs;
    return {
      ...NO_SLOT,
      ...slots.get(video?.mid ?? ""),
      session,
      identity,
      name,
      mid: video?.mid ?? "",
      audio_mid: audio?.mid ?? "",
      layers: video?.layers ?? [],
      layer: video?.layer ?? "",
      speaking: session === this.speaker,
      audio_jitter_buffer_ms: sound.jitter_buffer_ms,
      audio_packets: sound.packets,
      audio_packets_lost: sound.packets_lost,
      audio_level: sound.audio_level,
      first_frame_ms: firstMs === null ? null : Math.round(firstMs - from),
      delay_ms: clock.last,
      delays_ms: clock.readings.take(),
      unreadable: clock.unreadable,
    };
  }
}
