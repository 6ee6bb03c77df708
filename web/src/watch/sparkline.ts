/**
 * The delay's line.
 *
 * Comes in: points and a box. Goes out: a range and pixels. Geometry is pure; drawing is at the end.
 */

import { type Point, SLOTS } from "./delays";

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A range is at least so many milliseconds high: less would make noise look like a mountain. */
const LEAST_MS = 400;
const PADDING = 0.15;

/** The range to draw *points* in, in whole tenths of a second; null when there is none. */
export function rangeOf(points: readonly Point[]): Range | null {
  if (!points.length) {
    return null;
  }
  const values = points.map(({ ms }) => ms);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spare = Math.max(LEAST_MS - (high - low), (high - low) * PADDING) / 2;
  return {
    low: Math.max(0, Math.floor((low - spare) / 100) * 100),
    high: Math.ceil((high + spare) / 100) * 100,
  };
}

/** Where *point* lies in a box of *width* by *height*. */
export function place(point: Point, range: Range, width: number, height: number): [number, number] {
  const x = width - (point.age / (SLOTS - 1)) * width;
  const y = height - ((point.ms - range.low) / (range.high - range.low)) * height;
  return [x, y];
}

/** Draws the line at the screen's own resolution. */
export function draw(canvas: HTMLCanvasElement, points: readonly Point[], range: Range): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (!context || !points.length) {
    return;
  }
  context.scale(scale, scale);
  const colour = getComputedStyle(canvas).getPropertyValue("--accent").trim();
  const inset = 3;
  const path = new Path2D();
  const places = points.map((point) => place(point, range, width - inset, height - 2 * inset));
  for (const [x, y] of places) {
    path.lineTo(x, y + inset);
  }
  fillBelow(context, path, places, height, colour);
  context.strokeStyle = colour;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.stroke(path);
  const [x, y] = places.at(-1) ?? [0, 0];
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y + inset, 2.75, 0, 2 * Math.PI);
  context.fill();
}

function fillBelow(
  context: CanvasRenderingContext2D,
  line: Path2D,
  places: readonly [number, number][],
  height: number,
  colour: string,
): void {
  const area = new Path2D(line);
  area.lineTo(places.at(-1)?.[0] ?? 0, height);
  area.lineTo(places[0]?.[0] ?? 0, height);
  area.closePath();
  const gradient = context.createLinearGradient(0, 0, 0, height);
  gradient.addColorStop(0, `${colour}40`);
  gradient.addColorStop(1, `${colour}00`);
  context.fillStyle = gradient;
  context.fill(area);
}
