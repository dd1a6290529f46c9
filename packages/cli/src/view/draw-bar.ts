import type { Terminal } from './open-terminal.js';

/** A bar of `width` characters; it is full only at 1. */
export function drawBar(fraction: number, width: number, paint: Terminal['paint']): string {
  const done = Math.floor(Math.min(1, Math.max(0, fraction)) * width);
  return paint.green('█'.repeat(done)) + paint.dim('░'.repeat(width - done));
}

/** `42 %`; 100 % only at 1. */
export function percent(fraction: number): string {
  return `${String(Math.floor(Math.min(1, Math.max(0, fraction)) * 100)).padStart(3)} %`;
}

/**
 * How far a job may be that has run for `elapsed` ms, where such jobs take about `expected`. It grows for ever and
 * never reaches 1: nobody knows when a job ends before it has.
 */
export function guessFraction(elapsed: number, expected: number): number {
  const share = Math.max(0, elapsed) / Math.max(1, expected);
  return share <= 1 ? 0.9 * share : 0.9 + 0.09 * (1 - Math.exp(1 - share));
}
