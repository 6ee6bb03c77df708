import { describe, expect, it } from "vitest";
import { type Happening, IDLE, next, type State } from "../src/connection_state";

const reach = (...happenings: Happening[]): State => happenings.reduce(next, IDLE);
const LIVE = reach({ type: "go" }, { type: "connected" });
const BUSY: Happening = { type: "refused", status: 503, code: "", error: "full" };

describe("a connection", () => {
  it("offers at once, and is live when it is connected", () => {
    expect(reach({ type: "go" })).toMatchObject({
      phase: "connecting",
      action: "offer",
      attempt: 0,
    });
    expect(LIVE).toMatchObject({ phase: "live", action: "none", error: "" });
  });

  it("fails with the server's sentence when it never was live", () => {
    expect(reach({ type: "go" }, BUSY)).toMatchObject({
      phase: "failed",
      action: "end",
      error: "full",
    });
    expect(reach({ type: "go" }, { type: "unreachable", error: "no way" }).phase).toBe("failed");
    expect(reach({ type: "go" }, { type: "lost" }).error).toContain("UDP");
  });

  it("restarts ICE when it is lost, and offers anew when that does not help", () => {
    const restarted = next(LIVE, { type: "lost" });
    const offered = next(restarted, { type: "lost" });

    expect(restarted).toMatchObject({ phase: "reconnecting", action: "restart" });
    expect(offered).toMatchObject({ phase: "reconnecting", action: "offer", attempt: 1 });
    expect(next(offered, { type: "connected" })).toMatchObject({ phase: "live", attempt: 0 });
  });

  it("keeps trying when it was live, ever more patiently, unless the token is refused", () => {
    const trying = [BUSY, BUSY].reduce(next, next(LIVE, { type: "lost" }));

    expect(trying).toMatchObject({ action: "offer", attempt: 2 });
    expect(next(trying, { type: "refused", status: 401, code: "", error: "expired" }).phase).toBe(
      "failed",
    );
    const over: Happening = { type: "refused", status: 409, code: "room_ended", error: "over" };
    expect(next(trying, over).phase).toBe("failed");
    expect(next(trying, { ...over, code: "publisher_exists" }).phase).toBe("reconnecting");
  });

  it("goes on at another node at once, but not in circles", () => {
    const moved: Happening = { type: "moved", error: "full" };
    const there = reach({ type: "go" }, moved);
    const around = [moved, moved, moved, moved].reduce(next, there);

    expect(there).toMatchObject({ phase: "connecting", action: "offer", attempt: 0, hops: 1 });
    expect(around).toMatchObject({ phase: "failed", error: "full" });
    expect(next(there, { type: "connected" }).hops).toBe(0);
  });

  it("stops for good: what comes late changes nothing", () => {
    const stopped = next(LIVE, { type: "stop" });

    expect(stopped).toMatchObject({ phase: "idle", action: "end" });
    expect(next(stopped, { type: "connected" })).toMatchObject({ phase: "idle", action: "none" });
    expect(next(stopped, { type: "lost" })).toMatchObject({ phase: "idle", action: "none" });
  });

  it("fails when its source goes away", () => {
    expect(next(LIVE, { type: "broken", error: "pulled" })).toMatchObject({
      phase: "failed",
      error: "pulled",
    });
  });
});
