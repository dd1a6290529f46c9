import type { CompletedJob, FailedJob, JobState } from './job-schema.js';

/**
 * Tells whether a state is final: `completed` or `failed`. Nothing follows it.
 *
 * @example
 * ```ts
 * import { isTerminal, type Whisul } from '@whisul-rx/core';
 * import { filter } from 'rxjs';
 *
 * const outcome$ = (whisul: Whisul, id: string) => whisul.job$(id).pipe(filter(isTerminal));
 * ```
 */
export function isTerminal(state: JobState): state is CompletedJob | FailedJob {
  return state.status === 'completed' || state.status === 'failed';
}
