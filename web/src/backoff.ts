/**
 * How long to wait before another try.
 *
 * Comes in: how many tries there were, and a random number. Goes out: milliseconds. The jitter
 * keeps a room's viewers from asking all at once when a server comes back.
 */

export interface Backoff {
  /** Before the second try, in milliseconds. */
  readonly first: number;
  readonly factor: number;
  /** No wait is longer, in milliseconds. */
  readonly longest: number;
}

/** A wait is up to this part of itself shorter. */
const JITTER = 0.3;

/** The wait after try number *attempt*, counted from 0; *random* lies between 0 and 1. */
export function waitMs(plan: Backoff, attempt: number, random: number): number {
  const whole = Math.min(plan.longest, plan.first * plan.factor ** attempt);
  return Math.round(whole * (1 - JITTER * random));
}
