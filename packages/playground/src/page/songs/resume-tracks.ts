import { isWhisulError, type JobSource } from '@whisul-rx/core';
import { catchError, concat, from, map, mergeMap, type Observable, of } from 'rxjs';
import type { Change } from './change.js';
import { explainProblem } from './explain-problem.js';
import { isLive, type Track } from './track.js';

/** Follows the job of a track. One that had ended and that the server has forgotten leaves the page. */
export function followTrack$(source: JobSource, track: Track): Observable<Change> {
  const { key, jobId } = track;
  if (jobId === undefined) return from<Change[]>([]);
  return source.job$(jobId).pipe(
    map((job) => ({ type: 'state', key, job }) as const),
    catchError((error: unknown) => {
      const forgotten = isWhisulError(error, 'unauthorized') || isWhisulError(error, 'not_found');
      return of(
        forgotten && !isLive(track)
          ? ({ type: 'forgotten', key } as const)
          : ({ type: 'problem', key, problem: explainProblem(error) } as const),
      );
    }),
    map((news): Change => ({ type: 'followed', jobId, news })),
  );
}

/** Puts tracks back on the page after a reload, and follows them on. */
export function resumeTracks$(source: JobSource, tracks: readonly Track[]): Observable<Change> {
  return concat(
    of<Change>({ type: 'restored', tracks }),
    from(tracks).pipe(mergeMap((track) => followTrack$(source, track))),
  );
}
