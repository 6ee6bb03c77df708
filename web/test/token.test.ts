import { describe, expect, it } from "vitest";
import { renewAfterMs, tokenOf, withoutToken } from "../src/token";

const jwt = (claims: object): string =>
  `e30.${btoa(JSON.stringify(claims)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}.sig`;

describe("an address", () => {
  it("gives its token, from the fragment before the query", () => {
    expect(tokenOf("?token=q", "#token=f")).toBe("f");
    expect(tokenOf("?token=q", "")).toBe("q");
    expect(tokenOf("", "#t=1")).toBe("");
  });

  it("keeps no token, neither in the query nor in the fragment", () => {
    const page = "https://live.example/publish/r_a";

    expect(withoutToken(`${page}?pattern=1&token=x`)).toBe(`${page}?pattern=1`);
    expect(withoutToken(`${page}#token=x`)).toBe(page);
    expect(withoutToken(`${page}?pattern=1`)).toBeNull();
  });
});

describe("a token", () => {
  it("is renewed when four fifths of its life are over", () => {
    const token = jwt({ iat: 1000, exp: 4600, name: "Zoë?>" });

    expect(renewAfterMs(token, 1_000_000)).toBe(2_880_000);
    expect(renewAfterMs(token, 2_000_000)).toBe(1_880_000);
  });

  it("is renewed in time whatever this machine's clock says", () => {
    const token = jwt({ iat: 1000, exp: 4600 });

    expect(renewAfterMs(token, 0)).toBe(2_880_000);
    expect(renewAfterMs(token, 9e12)).toBe(1000);
  });

  it.each(["", "x", "a.b.c", jwt({}), jwt({ iat: 5, exp: 5 }), jwt({ iat: "1", exp: 9 })])(
    "that does not say how long it lives is not renewed: %s",
    (token) => {
      expect(renewAfterMs(token, 0)).toBeNull();
    },
  );
});
