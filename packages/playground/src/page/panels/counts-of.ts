import type { Board } from '../songs/board.js';
import { currentStep } from '../songs/track.js';

/** How many songs of the page are where. */
export interface Counts {
  readonly ready: number;
  readonly making: number;
  readonly waiting: number;
  readonly failed: number;
  readonly problem: number;
}

/** Counts the songs of a board by what a user asks about them. */
export function countsOf(board: Board): Counts {
  const phases = [...board.values()].map((track) => currentStep(track).phase);
  const count = (...wanted: string[]): number => phases.filter((phase) => wanted.includes(phase)).length;
  return {
    ready: count('completed'),
    making: count('sending', 'submitted', 'running'),
    waiting: count('waiting'),
    failed: count('failed'),
    problem: count('problem'),
  };
}
