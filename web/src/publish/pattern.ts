/**
 * The test pattern's picture (docs/clock-strip.md).
 *
 * Comes in: a time. Goes out: a picture on a canvas: clock strip, flash, a scrolling ground, the
 * time in digits. It depends on nothing else.
 */

import { stampAt, write } from "../clockstrip";

/** How long flash and beep last from the start of each UTC second. */
export const FLASH_MS = 100;
/** The ground comes round once in this time. */
const SCROLL_MS = 8000;
/** Luma of the square while it does not flash: below the 40 of the page. */
const DARK = "#141414";
const COLOURS = ["#10344a", "#5b3a8e", "#1f7a6b", "#86406e", "#10344a"];
const FONT = "system-ui, sans-serif";

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export class Pattern {
  private readonly ground: OffscreenCanvas;

  constructor(
    private readonly context: Context,
    private readonly width: number,
    private readonly height: number,
  ) {
    this.ground = paintGround(width, height);
  }

  /** Draws picture number *frame*, captured at *wallMs* since the Unix epoch. */
  draw(wallMs: number, frame: number): void {
    const { context, width, height } = this;
    const shift = Math.round(((wallMs % SCROLL_MS) / SCROLL_MS) * width);
    context.drawImage(this.ground, -shift, 0);
    context.drawImage(this.ground, width - shift, 0);
    this.text("LevelChat", 0.335, 0.17, 650);
    this.text(`${new Date(wallMs).toISOString().slice(11, 19)} UTC`, 0.865, 0.1, 500);
    context.fillStyle = wallMs % 1000 < FLASH_MS ? "#fff" : DARK;
    context.fillRect((width * 3) / 8, height / 2, width / 4, height / 4);
    const fill = (white: boolean, x: number, y: number, w: number, h: number) => {
      context.fillStyle = white ? "#fff" : "#000";
      context.fillRect(x, y, w, h);
    };
    write(fill, width, height, stampAt(wallMs, frame));
  }

  /** *words* in the middle; place and size are parts of the height. */
  private text(words: string, middle: number, size: number, weight: number): void {
    const { context, width, height } = this;
    context.font = `${weight} ${Math.round(height * size)}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = "#fff";
    context.fillText(words, width / 2, height * middle);
  }
}

/** One picture wide; its left edge goes on where its right edge ends. */
function paintGround(width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context) {
    const across = context.createLinearGradient(0, 0, width, 0);
    COLOURS.forEach((colour, index) => {
      across.addColorStop(index / (COLOURS.length - 1), colour);
    });
    context.fillStyle = across;
    context.fillRect(0, 0, width, height);
    const down = context.createLinearGradient(0, 0, 0, height);
    down.addColorStop(0, "rgb(0 0 0 / 0%)");
    down.addColorStop(1, "rgb(0 0 0 / 45%)");
    context.fillStyle = down;
    context.fillRect(0, 0, width, height);
  }
  return canvas;
}
