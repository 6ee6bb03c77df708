import { describe, expect, it } from "vitest";
import * as format from "../src/format";

describe("numbers for people", () => {
  it("have units, and a dash where there is none", () => {
    expect(format.seconds(1840)).toBe("1.84 s");
    expect(format.seconds(null)).toBe("–");
    expect(format.bitrate(2_140_000)).toBe("2.1 Mbit/s");
    expect(format.bitrate(840_400)).toBe("840 kbit/s");
    expect(format.milliseconds(2.6)).toBe("3 ms");
    expect(format.count(1234567)).toBe("1\u202f234\u202f567");
    expect(format.rate(1.05)).toBe("1.05×");
  });

  it("are minutes and seconds, with hours when there are some", () => {
    expect(format.clock(65_000)).toBe("1:05");
    expect(format.clock(3_725_999)).toBe("1:02:05");
  });
});
