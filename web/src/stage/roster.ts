/**
 * Who is on the stage, and which slots carry them.
 *
 * Comes in: the data of `tracks` and `speaker` events. Goes out: participants with the mids of their
 * picture and sound, in the order in which the server has them. What an event lacks is left empty;
 * an event that cannot be read changes nothing.
 */

/** One slot's content, as a `tracks` event has it. */
export interface Carried {
  readonly mid: string;
  readonly kind: "audio" | "video";
  readonly session: string;
  readonly identity: string;
  readonly name: string;
  readonly codec: string;
  /** RIDs of the simulcast layers, from the lowest; empty without. */
  readonly layers: readonly string[];
  /** Of them, the one that is sent. */
  readonly layer: string;
}

export interface Participant {
  readonly session: string;
  readonly identity: string;
  readonly name: string;
  readonly video: Carried | null;
  readonly audio: Carried | null;
}

/** What a `tracks` event says; null when it says nothing that can be read. */
export function parseTracks(data: string): Carried[] | null {
  const value = parsed(data);
  const list = Array.isArray(value) ? value : member(value, "tracks");
  return Array.isArray(list) ? list.flatMap((item) => carried(item)) : null;
}

/** Who speaks, by a `speaker` event: a session; null when nobody does. */
export function parseSpeaker(data: string): string | null {
  return text(parsed(data), "session") || null;
}

/** Those whom *tracks* carry. */
export function participants(tracks: readonly Carried[]): Participant[] {
  const found = new Map<string, Participant>();
  for (const track of tracks) {
    const { session, identity, name } = track;
    const there = found.get(session) ?? { session, identity, name, video: null, audio: null };
    // Whoever shares a screen too has a second picture: the first is their face.
    found.set(session, { ...there, [track.kind]: there[track.kind] ?? track });
  }
  return [...found.values()];
}

function carried(item: unknown): Carried[] {
  const kind = text(item, "kind");
  const session = text(item, "session");
  const mid = text(item, "mid");
  if (!session || !mid || (kind !== "audio" && kind !== "video")) {
    return [];
  }
  const identity = text(item, "identity");
  const layers = member(item, "layers");
  return [
    {
      mid,
      kind,
      session,
      identity,
      name: text(item, "name") || identity,
      codec: text(item, "codec"),
      layers: Array.isArray(layers) ? layers.flatMap((layer) => rid(layer)) : [],
      layer: text(item, "layer"),
    },
  ];
}

function rid(layer: unknown): string[] {
  const found = typeof layer === "string" ? layer : text(layer, "rid");
  return found ? [found] : [];
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return value && typeof value === "object" ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown, name: string): string {
  const found = member(value, name);
  return typeof found === "string" ? found : typeof found === "number" ? String(found) : "";
}
