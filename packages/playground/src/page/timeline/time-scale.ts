import type { Board } from '../songs/board.js';
import { isLive } from '../songs/track.js';

/** The stretch of time that a timeline shows, in epoch ms. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

const shortest = 20_000;
const longest = 15 * 60_000;

/** From the first step on the board to now, or to the last step if no song is in the making. */
export function timeSpan(board: Board, now: number): TimeSpan {
  const tracks = [...board.values()];
  const ends = tracks.map(({ steps }) => steps.at(-1)?.at ?? 0);
  const to = tracks.some(isLive) ? now : Math.max(...ends);
  const first = Math.min(...tracks.map(({ steps }) => steps[0].at));
  const from = Math.max(first, to - longest);
  // A little room behind the last mark.
  return { from, to: Math.max(from + shortest, to + (to - from) * 0.04) };
}

const steps = [5, 10, 15, 30, 60, 120, 300].map((seconds) => seconds * 1_000);

/** The marks of the axis, in ms since its beginning: as many as there is room for. */
export function ticks({ from, to }: TimeSpan, width: number): number[] {
  const room = Math.max(2, Math.floor(width / 64));
  const step = steps.find((each) => (to - from) / each <= room) ?? 600_000;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => at * step);
}
