import { concatMap, EMPTY, of, type OperatorFunction, pipe } from 'rxjs';
import type { JobState, Song } from '../model/job-schema.js';
import { throwIfFailed } from './throw-if-failed.js';

/**
 * Turns the states of a job into its song.
 *
 * @returns an operator that emits the song and completes, or errors with `job_failed`
 * @example
 * ```ts
 * import { createWhisul, song } from '@whisul-rx/core';
 * import { firstValueFrom } from 'rxjs';
 *
 * const song$ = createWhisul().generate$('a relaxing lo-fi hip hop beat').pipe(song());
 * const { song_url } = await firstValueFrom(song$);
 * ```
 */
export function song(): OperatorFunction<JobState, Song> {
  return pipe(
    throwIfFailed(),
    concatMap((job) => (job.status === 'completed' ? of(job.result) : EMPTY)),
  );
}
