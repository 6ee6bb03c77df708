/**
 * A refusal as a sentence for people.
 *
 * Comes in: a status and the body of problem+json (RFC 9457) or of anything else. Goes out: one or
 * two clear sentences. It never shows markup or a stack trace.
 */

/** What the refused one wanted to do in the room. */
export type Doing = "publish" | "watch";

const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [400, "The server did not understand the request."],
  [401, "A token is needed to publish in this room."],
  [403, "This token does not allow publishing in this room."],
  [404, "The server has no such room, or does not take broadcasts."],
  [406, "The server cannot use any of the offered codecs."],
  [409, "Somebody else is publishing in this room already."],
  [413, "The offer is too large for the server."],
  [415, "The server does not take this kind of offer."],
  [429, "Too many tries; wait a moment."],
  [503, "The server is full or going down; try again soon."],
]);

/** Where who watches is told something else. */
const WATCHING: ReadonlyMap<number, string> = new Map([
  [401, "A token is needed to be on this stage."],
  [403, "This token does not allow watching in this room."],
  [404, "The server has no such room, or no stage."],
  [406, "The server cannot send any of the offered codecs."],
]);

/** What a status alone does not tell. */
const BY_CODE: ReadonlyMap<string, string> = new Map([
  ["room_ended", "The room has ended; nobody can publish in it any more."],
  ["room_full", "The room is full."],
  ["publish_forbidden", "A moderator does not let you publish in this room."],
  ["token_revoked", "You were removed from this room."],
]);

/** What went wrong, for an answer with *status* and *body*. */
export function sentence(status: number, body: string, doing: Doing = "publish"): string {
  const coded = BY_CODE.get(codeOf(body));
  if (coded) {
    return coded;
  }
  const said = (doing === "watch" && WATCHING.get(status)) || BY_STATUS.get(status);
  const ours = said ?? `The server answered with status ${status}.`;
  const detail = detailOf(body);
  return detail ? `${ours} (${detail})` : ours;
}

/** The `detail` of problem+json; nothing when *body* is something else. */
export function detailOf(body: string): string {
  return member(body, "detail").trim();
}

/** The `code` of problem+json, such as `room_ended`; nothing when *body* is something else. */
export function codeOf(body: string): string {
  return member(body, "code");
}

function member(body: string, name: "code" | "detail"): string {
  try {
    const problem: Partial<Record<string, unknown>> | null = JSON.parse(body);
    const value = problem?.[name];
    return typeof value === "string" ? value : "";
  } catch {
    // Not JSON: some other server's page, which says nothing that helps.
    return "";
  }
}
