/**
 * Ticks at a frame rate, in a worker: a page's own timers are slowed down when it is not in view.
 *
 * Comes in: frames a second. Goes out: one message a frame, on a grid that does not drift.
 */

const scope = globalThis as unknown as Worker;

scope.addEventListener("message", ({ data }: MessageEvent<number>) => {
  const period = 1000 / data;
  let due = performance.now();
  const tick = () => {
    scope.postMessage(0);
    // Frames that are late by more than one are left out, not made up for.
    due = Math.max(due + period, performance.now() - period);
    setTimeout(tick, Math.max(0, due - performance.now()));
  };
  tick();
});
