/** What the stage page says of itself: `window.levelchatStage.stats()`. */

import type { Received, SentLayer, Way } from "./figures";

export interface StageStats {
  /** Of receiving: `idle`, `connecting`, `live`, `reconnecting`, `failed`. */
  readonly state: string;
  readonly error: string | null;
  /** The session's URL: which node serves it. */
  readonly session: string;
  readonly offer_to_answer_ms: number | null;
  /** From the offer of this session to the first picture of anybody. */
  readonly first_frame_ms: number | null;
  readonly receiving: Way;
  readonly tiles: readonly TileStats[];
  /** Whoever speaks: an identity. */
  readonly speaker: string | null;
  readonly publishing: PublishingStats;
}

export interface PublishingStats extends Way {
  readonly state: string;
  readonly error: string | null;
  readonly codec: string;
  readonly offer_to_answer_ms: number | null;
  readonly layers: readonly SentLayer[];
}

export interface TileStats extends Received {
  readonly session: string;
  readonly identity: string;
  readonly name: string;
  readonly mid: string;
  readonly audio_mid: string;
  /** RIDs that there are, and the one that comes; empty without simulcast. */
  readonly layers: readonly string[];
  readonly layer: string;
  readonly speaking: boolean;
  /** The sound's own wait: a picture with sound waits for it too. */
  readonly audio_jitter_buffer_ms: number | null;
  readonly audio_packets: number;
  readonly audio_packets_lost: number;
  /** From the offer, or from when the server told of them, to the first picture. */
  readonly first_frame_ms: number | null;
  /** Glass to glass: the last reading of the clock strip, and all since the last call. */
  readonly delay_ms: number | null;
  readonly delays_ms: readonly number[];
  readonly unreadable: number;
}
