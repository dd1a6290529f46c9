import { WhisulError, type JobEngine, type JobState } from '@whisul-rx/core';
import { parsePrompt } from '@whisul-rx/core/adapter';
import * as rx from 'rxjs';
import { baseUrl, withLateAborts, type Breach } from './breach.js';
import { createTinyEngine } from './tiny-engine.js';

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

/** Engines that the contract must refuse, each with the law that does. */
export const brokenEngines: Breach<JobEngine>[] = [
  [
    'hides the receipt',
    'emits submitted',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.filter(({ status }) => status !== 'submitted')),
    }),
  ],
  [
    'pays once a subscriber',
    'one call is one POST',
    (engine) => ({
      ...engine,
      generate$: (request) => rx.defer(() => engine.generate$(request)),
    }),
  ],
  [
    'polls on when it is left',
    'however often it is subscribed',
    (engine, _, closed$) => ({
      ...engine,
      generate$(request) {
        const job$ = engine.generate$(request);
        return rx.defer(() => {
          job$.pipe(rx.takeUntil(closed$)).subscribe({ error: () => undefined });
          return job$;
        });
      },
    }),
  ],
  [
    'lets the request in flight run into its timeout',
    'however often it is subscribed',
    (_, fetch) => createTinyEngine(baseUrl, withLateAborts(fetch)),
    // As patient as the suite is with adapters.
    15_000,
  ],
  [
    'keeps the receipt until the first poll is answered',
    'before any poll',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.bufferCount(2), rx.mergeAll()),
    }),
  ],
  [
    'believes a 404 right after the submit',
    'a 404 soon after',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 404 ? Response.json({}, { status: 410 }) : response;
      }),
  ],
  [
    'follows a poll_url wherever it leads',
    'a poll_url that leads elsewhere',
    (_, fetch) => {
      let pollUrl = '';
      return createTinyEngine(baseUrl, async (url, init) => {
        if (init?.method !== 'POST') return fetch(new URL(pollUrl, baseUrl), init);
        const response = await fetch(url, init);
        const receipt: { poll_url: string } = await response.clone().json();
        pollUrl = receipt.poll_url;
        return response;
      });
    },
  ],
  [
    'trims prompts',
    'for those who see its end',
    (engine) => ({ ...engine, generate$: (request) => engine.generate$(parsePrompt(request).trim()) }),
  ],
  [
    'does not say what it may have cost',
    'is submit_unknown',
    (engine) => ({
      ...engine,
      generate$: (request) =>
        engine
          .generate$(request)
          .pipe(
            rx.catchError(() =>
              rx.throwError(() => new WhisulError('submit_unknown', 'Who knows.', { prompt: parsePrompt(request) })),
            ),
          ),
    }),
  ],
  [
    'pays again when a job fails',
    'not submitted again',
    (engine) => ({
      ...engine,
      generate$: (request) =>
        engine.generate$(request).pipe(
          rx.concatMap((job) => (job.status === 'failed' ? engine.generate$(request) : [job])),
          rx.takeUntil(rx.timer(1_000)),
        ),
    }),
  ],
  [
    'sends again what may be paid',
    'is submit_unknown',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.catchError(() => engine.generate$(request))),
    }),
  ],
  [
    'follows redirects',
    'is submit_unknown',
    (_, fetch) => createTinyEngine(baseUrl, (url, init) => fetch(url, { ...init, redirect: 'follow' })),
  ],
  [
    'gives up on 429',
    'refused for now',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 429 ? Response.json({}, { status: 400 }) : response;
      }),
  ],
  [
    'aborts the POST',
    'leaving while the POST',
    (_, fetch) => ({
      job$: () => rx.EMPTY,
      generate$: (request) =>
        rx.defer(() => {
          const left = new AbortController();
          const own = createTinyEngine(baseUrl, (url, init) => fetch(url, { ...init, signal: left.signal }));
          return own.generate$(request).pipe(rx.finalize(() => left.abort()));
        }),
    }),
  ],
  [
    'throws instead of erring',
    'a bad prompt',
    (engine) => ({
      ...engine,
      generate$(request) {
        if (request === '') throw new WhisulError('invalid_request', 'No prompt.');
        return engine.generate$(request);
      },
    }),
  ],
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
