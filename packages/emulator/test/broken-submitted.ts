import { WhisulError, type JobEngine, type JobState } from '@whisul-rx/core';
import * as rx from 'rxjs';
import type { Breach } from './breach.js';

/** Begins with the receipt of each job that it submitted, whatever is known by then. */
function alwaysSubmitted(engine: JobEngine): JobEngine {
  const receipts = new Map<string, JobState>();
  const remember = (job: JobState) => {
    if (job.status === 'submitted') receipts.set(job.job_id, job);
  };
  return {
    generate$: (request) => engine.generate$(request).pipe(rx.tap(remember)),
    job$: (ref) => {
      const receipt = receipts.get(typeof ref === 'string' ? ref : ref.job_id);
      const job$ = engine.job$(ref).pipe(rx.filter(({ status }) => status !== 'submitted'));
      return receipt === undefined ? job$ : job$.pipe(rx.startWith(receipt));
    },
  };
}

/** Engines that handle `submitted` in a way that the contract must refuse, each with the law that does. */
export const brokenSubmitted: Breach<JobEngine>[] = [
  [
    'emits nothing of its own job until a poll is in',
    'begins with submitted at once',
    (engine) => ({
      ...engine,
      job$: (ref) => engine.job$(ref).pipe(rx.filter(({ status }) => status !== 'submitted')),
    }),
  ],
  [
    'emits submitted a moment late',
    'begins with submitted at once',
    (engine) => ({ ...engine, job$: (ref) => engine.job$(ref).pipe(rx.observeOn(rx.asapScheduler)) }),
  ],
  [
    'emits submitted to the first subscriber only',
    'begins with submitted at once',
    (engine) => {
      let subscribers = 0;
      const isNews = ({ status }: JobState) => status !== 'submitted' || subscribers === 1;
      return {
        ...engine,
        job$: (ref) =>
          rx.defer(() => {
            subscribers += 1;
            return engine.job$(ref).pipe(rx.filter(isNews));
          }),
      };
    },
  ],
  [
    'knows its own job only by the receipt',
    'begins with submitted at once',
    (engine) => ({
      ...engine,
      job$: (ref) =>
        engine.job$(ref).pipe(rx.filter(({ status }) => status !== 'submitted' || typeof ref !== 'string')),
    }),
  ],
  [
    'repeats submitted',
    'goes on from submitted',
    (engine) => ({
      ...engine,
      job$: (ref) => engine.job$(ref).pipe(rx.mergeMap((job) => (job.status === 'submitted' ? [job, job] : [job]))),
    }),
  ],
  ['begins with submitted when more is known', 'never follows another state', (engine) => alwaysSubmitted(engine)],
  ['emits submitted after the end', 'only the terminal state', (engine) => alwaysSubmitted(engine)],
  [
    'begins the jobs of others with submitted',
    'never follows another state',
    (engine) => ({
      ...engine,
      job$(ref) {
        const { job_id } = typeof ref === 'string' ? { job_id: ref } : ref;
        const submitted: JobState = {
          status: 'submitted',
          job_id,
          prompt: 'a song by somebody else',
          poll_url: `/jobs/${job_id}`,
          submitted_at: '2026-02-17T15:39:34Z',
        };
        // A late subscriber to a known job gets that job's state in the same turn.
        return rx
          .merge(engine.job$(ref), rx.of(submitted))
          .pipe(rx.filter(({ status }, place) => place === 0 || status !== 'submitted'));
      },
    }),
  ],
  [
    'forgets the receipt when a poll is refused',
    'carries submitted as lastState',
    (engine) => ({
      ...engine,
      generate$: (request) =>
        engine.generate$(request).pipe(
          rx.catchError((error: unknown) =>
            rx.throwError(() => {
              const { code, jobId } = error instanceof WhisulError ? error : new WhisulError('engine', String(error));
              return new WhisulError(code, 'Something broke.', { jobId });
            }),
          ),
        ),
    }),
  ],
];
