import type { Board } from './board.js';
import { currentStep, isLive, latestAttempt, sentAt, type Track } from './track.js';

/**
 * How full a bar is, from 0 to 1, for a job that has run for `elapsed` of about `usual` ms. It slows down where jobs
 * usually end and never reaches 1: only the end is the end.
 */
export function progressOf(elapsed: number, usual: number): number {
  const part = Math.max(0, elapsed) / Math.max(1, usual);
  return part < 0.8 ? part : 0.8 + 0.17 * (1 - Math.exp((0.8 - part) / 0.6));
}

/** How long a track has been on its way, in ms; until its end, once it has one. */
export function elapsedOf(track: Track, now: number): number {
  const since = sentAt(track) ?? now;
  const { phase, at } = currentStep(track);
  return Math.max(0, (phase === 'completed' || phase === 'failed' || phase === 'problem' ? at : now) - since);
}

/** How long jobs usually take, in ms: the median of those on the page, once there are three. */
export function usualDuration(board: Board, fallback: number): number {
  const durations = [...board.values()]
    .filter((track) => latestAttempt(track).at(-1)?.phase === 'completed')
    .map((track) => elapsedOf(track, 0))
    .sort((a, b) => a - b);
  return durations.length < 3 ? fallback : (durations[Math.floor(durations.length / 2)] ?? fallback);
}

/** About how long until the last song of the board is ready, in ms, if each takes as long as usual. */
export function restOf(board: Board, usual: number, now: number): number {
  const rests = [...board.values()].filter(isLive).map((track) => usual - elapsedOf(track, now));
  return Math.max(0, ...rests);
}
