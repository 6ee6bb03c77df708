/**
 * Rooms and their addresses.
 *
 * Comes in: a path, or what somebody typed. Goes out: a room id, or the URL of one of its
 * resources. Nothing here asks the server whether the room exists.
 */

/** As the server has it. */
const ROOM_ID = /^r_[A-Za-z0-9_-]{1,64}$/;

/** The room of a page such as `/watch/{room_id}`; null when there is none. */
export function roomOf(path: string): string | null {
  const [, , encoded = ""] = path.split("/");
  return parseRoom(decoded(encoded));
}

/** The room id that somebody typed or pasted, a page's address included; null when it is none. */
export function parseRoom(typed: string): string | null {
  const trimmed = typed.trim();
  const inAddress = /\/(?:watch|publish|stage)\/([^/?#]+)/.exec(trimmed);
  const room = inAddress ? decoded(inAddress[1] ?? "") : trimmed;
  return ROOM_ID.test(room) ? room : null;
}

export const watchPath = (room: string): string => `/watch/${encodeURIComponent(room)}`;
export const publishPath = (room: string): string => `/publish/${encodeURIComponent(room)}`;
export const stagePath = (room: string): string => `/stage/${encodeURIComponent(room)}`;
export const playlistPath = (room: string): string =>
  `/live/${encodeURIComponent(room)}/index.m3u8`;
export const accessPath = (room: string): string => `/live/${encodeURIComponent(room)}/access`;
export const whipPath = (room: string): string => `/v1/whip/${encodeURIComponent(room)}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
/** Whoever publishes here is one of many, and is not what HLS shows. */
export const stageWhipPath = (room: string): string => `${whipPath(room)}?to=stage`;
export const whepPath = (room: string): string => `/v1/whep/${encodeURIComponent(room)}`;
