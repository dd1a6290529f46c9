import { type BatchEvent, isWhisulError, type JobSource, WhisulError } from '@whisul-rx/core';
import { catchError, map, merge, type Observable, of } from 'rxjs';

/** The jobs of these ids, as the events of a batch. */
export function watchJobs$(source: JobSource, ids: readonly string[]): Observable<BatchEvent> {
  return merge(
    ...ids.map((key, index) =>
      source.job$({ job_id: key }).pipe(
        map((job): BatchEvent => ({ type: 'state', index, key, attempt: 1, job })),
        catchError((cause: unknown) => {
          const error = isWhisulError(cause) ? cause : new WhisulError('engine', String(cause), { cause });
          return of<BatchEvent>({ type: 'problem', index, key, error });
        }),
      ),
    ),
  );
}
