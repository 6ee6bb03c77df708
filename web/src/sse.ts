/**
 * Server-sent events as they come over the network (HTML §9.2.6).
 *
 * Comes in: pieces of text, cut anywhere. Goes out: whole events. Browsers' own `EventSource` sends
 * no token, which is why this is here. It keeps one unfinished event, up to a bound.
 */

export interface ServerEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

/** Characters of one event; what is longer is thrown away. */
const LONGEST = 1_000_000;

export class EventReader {
  private rest = "";
  private type = "";
  private data: string[] = [];
  private id = "";

  /** The events that *text* completes. */
  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    if (this.rest.length > LONGEST) {
      this.rest = "";
      this.data = [];
    }
    return lines.flatMap((line) => (line === "" ? this.finish() : this.field(line)));
  }

  private field(line: string): ServerEvent[] {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      this.type = value;
    } else if (name === "data") {
      this.data.push(value);
    } else if (name === "id") {
      this.id = value;
    }
    return [];
  }

  private finish(): ServerEvent[] {
    const { type, data, id } = this;
    this.type = "";
    this.data = [];
    return data.length ? [{ type: type || "message", data: data.join("\n"), id }] : [];
  }
}
