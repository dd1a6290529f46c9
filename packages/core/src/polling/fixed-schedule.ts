import { badOption, numberOption } from '../model/option.js';
import type { PollSchedule } from './poll-schedule.js';

/**
 * A schedule that always waits the same time.
 *
 * @param ms - from an answer to the next request, in ms; the API asks for 5,000 to 10,000
 * @throws WhisulError `invalid_request` for anything but a number of at least 0
 * @example
 * ```ts
 * import { createWhisul, fixedSchedule } from '@whisul-rx/core';
 *
 * const whisul = createWhisul({ schedule: fixedSchedule(8_000) });
 * ```
 */
export function fixedSchedule(ms: number): PollSchedule {
  const gap = numberOption('ms', ms, NaN);
  if (Number.isNaN(gap)) throw badOption('ms', 'a number of at least 0');
  return () => gap;
}
