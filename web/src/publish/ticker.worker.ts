/**
 * Ticks at a frame rate, in a worker: a page's own timers are slowed down when it is not in view.
 *
 * Comes in: frames a second. Goes out: one message a frame, on a grid that has a frame at the start
 * of each UTC second, so that the flash begins when the beep does.
 */

const scope = globalThis as unknown as Worker;

/** Timers may fire a little early by another clock; a flash must not miss its frame for that. */
const MARGIN_MS = 1;

const wall = () => performance.timeOrigin + performance.now();

scope.addEventListener("message", ({ data: fps }: MessageEvent<number>) => {
  let frame = Math.ceil((wall() * fps) / 1000);
  const tick = () => {
    scope.postMessage(0);
    // Frames whose time has passed are left out, not made up for.
    frame = Math.max(frame + 1, Math.ceil((wall() * fps) / 1000));
    wait();
  };
  const wait = () => {
    setTimeout(tick, Math.max(0, (frame * 1000) / fps + MARGIN_MS - wall()));
  };
  wait();
});
