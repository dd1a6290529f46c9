import type { DurationHistory } from './duration-history.js';
import { badOption } from '../model/option.js';
import { WhisulError } from '../model/whisul-error.js';

/**
 * Decides when to poll next: ms from an answer (or from the submit) to the next request. `polls` counts the answers
 * so far; `elapsed` is ms since the submit, or since this client first saw the job.
 *
 * @example
 * ```ts
 * import { createWhisul, type PollSchedule } from '@whisul-rx/core';
 *
 * const patient: PollSchedule = ({ elapsed }) => (elapsed < 60_000 ? 10_000 : 5_000);
 * const whisul = createWhisul({ schedule: patient });
 * ```
 */
export type PollSchedule = (state: { polls: number; elapsed: number; durations: DurationHistory }) => number;

/** Ms to the next poll when a schedule fails and something has to go on all the same. */
const soundGap = 10_000;

/**
 * Asks a schedule. Refuses an answer that is not a wait: `NaN` or a negative number would be a hot loop.
 *
 * @throws WhisulError `invalid_request`, also when the schedule throws
 */
export function nextGap(schedule: PollSchedule, state: Parameters<PollSchedule>[0]): number {
  let gap: unknown;
  try {
    gap = schedule(state);
  } catch (cause) {
    throw new WhisulError('invalid_request', 'The option `schedule` threw an error.', { cause });
  }
  if (typeof gap === 'number' && gap >= 0) return gap;
  throw badOption('schedule', `a function that returns a number of ms, not ${String(gap)}`);
}

/** The same, but with a sound wait if the schedule fails: a paid job's id must not be lost to that. */
export function nextGapOrSound(schedule: PollSchedule, state: Parameters<PollSchedule>[0]): number {
  try {
    return nextGap(schedule, state);
  } catch {
    return soundGap; // the first poll will ask the schedule again, and say what is wrong with it
  }
}
