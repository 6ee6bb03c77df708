import { describe, expect, it } from "vitest";
import { sentence } from "../src/problem";

describe("a refusal", () => {
  it("is a sentence with the server's own detail", () => {
    const body = JSON.stringify({ title: "Forbidden", detail: "publish:camera is missing" });

    expect(sentence(403, body)).toBe(
      "This token does not allow publishing in this room. (publish:camera is missing)",
    );
  });

  it("is told by its code where the status may mean several things", () => {
    const body = JSON.stringify({ code: "room_ended", detail: "create another" });

    expect(sentence(409, body)).toBe("The room has ended; nobody can publish in it any more.");
    expect(sentence(409, "")).toBe("Somebody else is publishing in this room already.");
  });

  it.each(["", "<html>502</html>", "null", "[]", '{"detail":7}'])(
    "shows nothing of a body that is not ours: %s",
    (body) => {
      expect(sentence(502, body)).toBe("The server answered with status 502.");
    },
  );
});
