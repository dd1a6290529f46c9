import type { JobSource } from '@whisul-rx/core';
import { map, race, take, timer, type Observable } from 'rxjs';
import type { Frame } from '../wire/frame.js';
import { problemFrame } from '../wire/problem-frame.js';
import { refuse } from '../wire/refusal.js';
import { frames$, jobStates$ } from './job-frames.js';

/** How long the head of an answer waits for a first state, in ms. */
export const headDeadline = 2_000;

/** The current state of a job, or why there is none: one frame, as soon as it is known and not later than a head. */
export function jobSnapshot$(source: JobSource, id: string): Observable<Frame> {
  const late = refuse(504, 'request_timeout', 'The state of this job was not known in time. Ask again.', { jobId: id });
  return race(
    frames$(jobStates$(source, id), id).pipe(take(1)),
    timer(headDeadline).pipe(map(() => problemFrame(late))),
  );
}

/** What stands in for a job that `authorize` did not permit. */
export function unauthorizedFrame(id: string): Frame {
  return problemFrame(refuse(403, 'unauthorized', 'You may not see this job.', { jobId: id }));
}

/** Several jobs as one document, in the order in which they were asked for. */
export function jobsJson(frames: readonly Frame[]): string {
  return `{"jobs":[${frames.map((frame) => frame.json).join(',')}]}`;
}
