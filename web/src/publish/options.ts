/**
 * What is to be published and how: from the address, then from the form.
 *
 * Comes in: a query and a fragment. Goes out: options within bounds. A value that makes no sense is
 * replaced by the usual one.
 */

import { tokenOf } from "../token";

export const SOURCES = ["camera", "screen", "pattern"] as const;
export type Source = (typeof SOURCES)[number];

export const CODECS = ["auto", "h264", "vp8", "vp9", "av1"] as const;
export type CodecChoice = (typeof CODECS)[number];

export interface Options {
  readonly source: Source;
  readonly codec: CodecChoice;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits a second of the picture. */
  readonly bitrate: number;
  readonly token: string;
  readonly autostart: boolean;
}

const USUAL = { width: 1280, height: 720, fps: 30, bitrate: 2_500_000 };
const BOUNDS = {
  width: [160, 3840],
  height: [90, 2160],
  fps: [1, 60],
  bitrate: [100_000, 20_000_000],
} as const;

/** Options of a page's address. */
export function fromAddress(search: string, hash: string): Options {
  const query = new URLSearchParams(search);
  const source = query.get("source");
  const codec = query.get("codec")?.toLowerCase();
  const number = (name: keyof typeof BOUNDS) => within(query.get(name), USUAL[name], BOUNDS[name]);
  return {
    source: query.get("pattern") === "1" ? "pattern" : one(SOURCES, source, "camera"),
    codec: one(CODECS, codec, "auto"),
    width: even(number("width")),
    height: even(number("height")),
    fps: number("fps"),
    bitrate: number("bitrate"),
    token: tokenOf(search, hash),
    autostart: query.get("autostart") === "1",
  };
}

function within(
  text: string | null,
  usual: number,
  [low, high]: readonly [number, number],
): number {
  const value = Math.round(Number(text));
  return text !== null && value >= low && value <= high ? value : usual;
}

function even(value: number): number {
  return value - (value % 2);
}

function one<T extends string>(all: readonly T[], value: string | null | undefined, usual: T): T {
  return all.find((candidate) => candidate === value) ?? usual;
}
