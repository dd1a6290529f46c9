import { isTerminal, WhisulError, type JobSource, type JobState } from '@whisul-rx/core';
import * as rx from 'rxjs';
import { baseUrl, withLateAborts, type Breach, type Break } from './breach.js';
import { createTinyEngine } from './tiny-engine.js';

/** Changes what a source emits. */
const emitting =
  (change: (job$: rx.Observable<JobState>) => rx.Observable<JobState>): Break<JobSource> =>
  (engine) => ({ job$: (ref) => change(engine.job$(ref)) });

const withoutDetails = (job$: rx.Observable<JobState>) =>
  job$.pipe(
    rx.catchError((error: unknown) =>
      rx.throwError(() => new WhisulError(error instanceof WhisulError ? error.code : 'engine', 'Something broke.')),
    ),
  );

/** Sources that the contract must refuse, each with the law that does. */
export const brokenSources: Breach<JobSource>[] = [
  ['says every state twice', 'each change of status once', emitting(rx.mergeMap((job) => [job, job]))],
  [
    'completes late',
    'each change of status once',
    emitting((job$) => rx.concat(job$, rx.timer(30).pipe(rx.ignoreElements()))),
  ],
  ['leaves out the running state', 'each change of status once', emitting(rx.filter(isTerminal))],
  [
    'errors when a job fails',
    'a failed job is a value',
    emitting(
      rx.tap((state) => {
        if (state.status === 'failed') throw new WhisulError('job_failed', state.error);
      }),
    ),
  ],
  [
    'passes on raw timestamps',
    'plain JSON',
    emitting(rx.map((job) => ({ ...job, started_at: '2026-02-17 15:39:34' }))),
  ],
  ['hides which job is unknown', 'an id that is not known', emitting(withoutDetails)],
  ['forgets the last state', 'carries code, jobId and lastState', emitting(withoutDetails)],
  [
    'gives up after one bad poll',
    'a failed poll is not',
    (_, fetch) => ({
      job$: (ref) =>
        createTinyEngine(baseUrl, async (url, init) => {
          const response = await fetch(url, init);
          return response.status === 500 ? Response.json({}, { status: 404 }) : response;
        }).job$(ref),
    }),
  ],
  [
    'gives up one failure early',
    'ten failures in a row',
    (_, fetch) => {
      let failures = 0;
      return createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        failures = response.ok ? 0 : failures + 1;
        return failures === 9 ? Response.json({}, { status: 403 }) : response;
      });
    },
  ],
  [
    'asks again after a 410',
    'a definite answer',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 410 ? Response.json({}, { status: 500 }) : response;
      }),
  ],
  [
    'does not care for Retry-After',
    'no wait is shorter than Retry-After',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const { status, body } = await fetch(url, init);
        return new Response(body, { status });
      }),
  ],
  [
    'lets an id be a path',
    'one segment of the path',
    (_, fetch) =>
      createTinyEngine(baseUrl, (url, init) =>
        fetch(decodeURIComponent(url instanceof Request ? url.url : String(url)), init),
      ),
  ],
  [
    'polls an odd status in a hot loop',
    'at the usual pace',
    (engine, fetch) => ({
      job$: (ref) => {
        const { job_id } = typeof ref === 'string' ? { job_id: ref } : ref;
        const poll = () => fetch(`${baseUrl}/jobs/${job_id}`, { headers: { authorization: 'Bearer tiny' } });
        const loop$ = rx.range(50).pipe(rx.concatMap(poll), rx.ignoreElements());
        return rx.merge(engine.job$(ref), loop$);
      },
    }),
  ],
  [
    'polls at once for each subscriber that comes back',
    'does not make polls come earlier',
    (_, fetch) => {
      const latest = new Map<unknown, JobState>();
      return {
        job$: (ref) =>
          rx.defer(() => {
            const known = latest.get(ref);
            return rx
              .merge(known === undefined ? rx.EMPTY : rx.of(known), createTinyEngine(baseUrl, fetch).job$(ref))
              .pipe(
                rx.distinctUntilKeyChanged('status'),
                rx.tap((job) => latest.set(ref, job)),
              );
          }),
      };
    },
  ],
  [
    'completes a moment late',
    'each change of status once',
    emitting((job$) => rx.concat(job$, rx.scheduled(rx.EMPTY, rx.asapScheduler))),
  ],
  [
    'repeats reported statuses',
    'an undocumented status',
    emitting((job$) => rx.merge(job$, job$.pipe(rx.take(1), rx.delay(20)))),
  ],
  [
    'is hot',
    'before the first subscription',
    (engine, _, closed$) => ({
      job$(ref) {
        const job$ = engine.job$(ref);
        job$.pipe(rx.takeUntil(closed$)).subscribe({ error: () => undefined });
        return job$;
      },
    }),
  ],
  [
    'never stops',
    'when the last subscriber leaves',
    (engine, _, closed$) => ({
      job$: (ref) =>
        rx.defer(() => {
          engine
            .job$(ref)
            .pipe(rx.takeUntil(closed$))
            .subscribe({ error: () => undefined });
          return engine.job$(ref);
        }),
    }),
  ],
  [
    'lets the request in flight run into its timeout',
    'when the last subscriber leaves',
    (_, fetch) => createTinyEngine(baseUrl, withLateAborts(fetch)),
    // As patient as the suite is with adapters.
    15_000,
  ],
  [
    'tells who comes late a moment later',
    'a late subscriber gets the latest state',
    emitting(rx.observeOn(rx.asapScheduler)),
  ],
  [
    'lets each job see for itself that the API is busy',
    'a 429 on one job',
    (_, fetch) => ({ job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref) }),
  ],
  [
    'polls once a subscriber',
    'share one loop',
    (_, fetch) => ({ job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref) }),
  ],
  [
    'takes the others along when one leaves',
    'one subscriber leaving',
    (engine) => {
      const left$ = new rx.Subject<void>();
      return {
        job$: (ref) => engine.job$(ref).pipe(rx.tap({ unsubscribe: () => left$.next() }), rx.takeUntil(left$)),
      };
    },
  ],
  [
    'asks again for what is over',
    'after the terminal state a subscriber',
    (_, fetch) => ({
      job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref),
    }),
  ],
  [
    'mixes jobs up',
    'many jobs at once',
    (engine) => {
      let first: Parameters<JobSource['job$']>[0] | undefined;
      return { job$: (ref) => engine.job$((first ??= ref)) };
    },
  ],
  [
    'throws instead of erring',
    'a ref that names no job',
    (engine) => ({
      job$(ref) {
        if (ref === '') throw new WhisulError('invalid_request', 'No id.');
        return engine.job$(ref);
      },
    }),
  ],
];
