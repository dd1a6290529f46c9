import type { JobSource, JobState } from '@whisul-rx/core';
import { catchError, concatWith, defer, map, of, takeWhile, type Observable } from 'rxjs';
import type { Frame } from '../../wire/frame.js';
import { problemFrame } from '../../wire/problem-frame.js';
import { refuse, toRefusal } from '../../wire/refusal.js';
import { stateFrame } from '../../wire/state-frame.js';

/**
 * The states of a job of which a stranger sent the id. A source would take a string that begins with `/` for a path
 * and follow the job at its end, which is not the id that was authorized.
 */
export function jobStates$(source: JobSource, id: string): Observable<JobState> {
  return defer(() => source.job$(id.startsWith('/') ? { job_id: id } : id));
}

/** The frames of one job: always exactly one final frame, and it is the last. Never errors. */
export function frames$(states$: Observable<JobState>, jobId?: string): Observable<Frame> {
  const unfinished = refuse(502, 'engine', 'The source of this job ended before the job did.', { jobId });
  return states$.pipe(
    map(stateFrame),
    concatWith(defer(() => of(problemFrame(unfinished)))),
    catchError((error: unknown) => of(problemFrame(toRefusal(error, jobId)))),
    takeWhile((frame) => !frame.final, true),
  );
}
