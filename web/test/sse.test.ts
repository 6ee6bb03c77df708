import { describe, expect, it } from "vitest";
import { EventReader } from "../src/sse";

const STREAM =
  ': hello\nevent: tracks\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:bare\n\nevent: empty\n\n';

describe("server-sent events", () => {
  it("are the same however the stream is cut", () => {
    const whole = new EventReader().push(STREAM);
    const reader = new EventReader();

    expect(whole).toEqual([
      { type: "tracks", data: '{"a":\n1}', id: "7" },
      { type: "message", data: "bare", id: "7" },
    ]);
    expect([...STREAM].flatMap((character) => reader.push(character))).toEqual(whole);
  });

  it("may have any of the three line ends", () => {
    const text = "event: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\rdata: 3\n\n";
    const reader = new EventReader();

    expect(reader.push(text).map(({ data }) => data)).toEqual(["1", "2", "3"]);
  });

  it("of no end are thrown away", () => {
    const reader = new EventReader();

    reader.push(`data: ${"x".repeat(1_000_001)}`);
    expect(reader.push("\n\ndata: 1\n\n").map(({ data }) => data)).toEqual(["1"]);
  });
});
